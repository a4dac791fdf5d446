#pragma once

// SHA-256 of OpenSSL's libcrypto, which libhdf5 brings along on most systems.
//
// The functions of SHA-256 alone, which OpenSSL calls old but keeps: its newer interface to all digests loads a configuration and tables of all
// algorithms at the first use, which takes longer than a small network needs as a whole.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
