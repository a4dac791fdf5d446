/* What Swift cannot import from zlib.h: inflateInit2 is a macro that passes the version and the size of the structure
 * for the library to compare. Nothing here decides anything. */
#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

#include <zlib.h>

/* Begins inflating a bare deflate stream, as ZIP holds it: negative window bits mean no zlib or gzip header. */
static inline int czlib_begin_raw_inflate(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }

#endif
