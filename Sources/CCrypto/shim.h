#pragma once

// SHA-256 of OpenSSL's libcrypto, which libhdf5 brings along on most systems.
#include <openssl/evp.h>
