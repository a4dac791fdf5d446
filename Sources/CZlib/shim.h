/* What Swift cannot import from zlib.h: inflateInit2 and deflateInit2 are macros that pass the version and the size of
 * the structure for the library to compare. Nothing here decides anything. */
#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

#include <zlib.h>

/* Begins inflating a bare deflate stream, as ZIP holds it: negative window bits mean no zlib or gzip header. */
static inline int czlib_begin_raw_inflate(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }

/* Begins making one. 8 is the use of memory that zlib itself has as its default. */
static inline int czlib_begin_raw_deflate(z_stream *stream)
{
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

#endif
