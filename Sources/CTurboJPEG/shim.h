/* The decompressor of libjpeg-turbo, loaded when the first JPEG image is read.
 *
 * The signatures are those of turbojpeg.h since version 1.4, which later ones keep. The enumerations are passed as int. */
#ifndef CTURBOJPEG_SHIM_H
#define CTURBOJPEG_SHIM_H

#include <dlfcn.h>
#include <stddef.h>

typedef struct {
    /* NULL when there is no memory. */
    void *(*begin)(void);
    /* 0, or -1 for what is no JPEG. The sampling and the colour space are enumerations. */
    int (*header)(void *decompressor, const unsigned char *bytes, unsigned long count, int *width, int *height,
                  int *sampling, int *color_space);
    /* 0, or -1 for a damaged image. */
    int (*decompress)(void *decompressor, const unsigned char *bytes, unsigned long count, unsigned char *pixels,
                      int width, int pitch, int height, int pixel_format, int flags);
    int (*end)(void *decompressor);
    /* What went wrong last in this thread. */
    char *(*message)(void);
} cturbojpeg_library;

/* Loads the first of some libraries that is there and has all functions; without one all of them are NULL. */
static inline cturbojpeg_library cturbojpeg_load(void)
{
    static const char *const names[] = {"libturbojpeg.so.0", "libturbojpeg.so", "libturbojpeg.0.dylib",
                                        "/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.0.dylib",
                                        "/usr/local/opt/jpeg-turbo/lib/libturbojpeg.0.dylib"};
    cturbojpeg_library library = {NULL, NULL, NULL, NULL, NULL};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        void *handle = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        if (!handle) continue;
        /* POSIX lets a pointer to data stand for a function. */
        *(void **)&library.begin = dlsym(handle, "tjInitDecompress");
        *(void **)&library.header = dlsym(handle, "tjDecompressHeader3");
        *(void **)&library.decompress = dlsym(handle, "tjDecompress2");
        *(void **)&library.end = dlsym(handle, "tjDestroy");
        *(void **)&library.message = dlsym(handle, "tjGetErrorStr");
        if (library.begin && library.header && library.decompress && library.end && library.message) return library;
        dlclose(handle);
    }
    return (cturbojpeg_library){NULL, NULL, NULL, NULL, NULL};
}

#endif
