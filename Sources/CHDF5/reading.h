/* Has libhdf5 read a file through a descriptor that is open already, and tells which error of the system it met, whatever the library makes of
 * that: it loses many, and takes some for a file without the object that it looked for. Read calls that a signal interrupts are repeated. */
#ifndef CHDF5_READING_H
#define CHDF5_READING_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/* What is read; it must outlive the file that the library opens. */
struct chdf5_source {
    int descriptor;
    uint64_t size;
    /* The first error of the system, or 0. */
    int error;
};

/* What the library knows of an open file: its own part comes first. */
struct chdf5_reading {
    H5FD_t library;
    struct chdf5_source *source;
    haddr_t end;
};

static inline H5FD_t *chdf5_reading_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)name;
    (void)most;
    struct chdf5_source *const *source = (struct chdf5_source *const *)H5Pget_driver_info(access);
    if (source == NULL || (flags & 1) != 0 /* H5F_ACC_RDWR, whose macro calls the library */)
        return NULL;
    struct chdf5_reading *file = (struct chdf5_reading *)calloc(1, sizeof *file);
    if (file != NULL)
        file->source = *source;
    return (H5FD_t *)file;
}

static inline herr_t chdf5_reading_close(H5FD_t *file)
{
    free(file);
    return 0;
}

static inline herr_t chdf5_reading_query(const H5FD_t *file, unsigned long *features)
{
    (void)file;
    *features = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE;
    return 0;
}

static inline haddr_t chdf5_reading_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const struct chdf5_reading *)file)->end;
}

static inline herr_t chdf5_reading_set_end(H5FD_t *file, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((struct chdf5_reading *)file)->end = end;
    return 0;
}

static inline haddr_t chdf5_reading_size(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return (haddr_t)((const struct chdf5_reading *)file)->source->size;
}

/* What lies beyond the end of the file reads as zeros, as with the library's own drivers. */
static inline herr_t chdf5_reading_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer)
{
    (void)type;
    (void)transfer;
    struct chdf5_source *source = ((struct chdf5_reading *)file)->source;
    char *bytes = (char *)buffer;
    if (address > INT64_MAX || size > INT64_MAX - address)
        return -1;
    while (size > 0) {
        ssize_t count = pread(source->descriptor, bytes, size < (1 << 30) ? size : 1 << 30, (off_t)address);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            if (source->error == 0)
                source->error = errno;
            return -1;
        }
        if (count == 0) {
            memset(bytes, 0, size);
            return 0;
        }
        bytes += count;
        address += (haddr_t)count;
        size -= (size_t)count;
    }
    return 0;
}

static inline herr_t chdf5_reading_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, const void *buffer)
{
    (void)file;
    (void)type;
    (void)transfer;
    (void)address;
    (void)size;
    (void)buffer;
    return -1;
}

/* Lets a file be read through a descriptor. */
static inline herr_t chdf5_set_reading_driver(hid_t access, struct chdf5_source *source)
{
    static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 14, 0)
        .version = H5FD_CLASS_VERSION,
        /* One of those that are left to programs. */
        .value = (H5FD_class_value_t)500,
#endif
        .name = "bnfold-reading",
        .maxaddr = INT64_MAX,
        .fc_degree = H5F_CLOSE_STRONG,
        .fapl_size = sizeof(struct chdf5_source *),
        .open = chdf5_reading_open,
        .close = chdf5_reading_close,
        .query = chdf5_reading_query,
        .get_eoa = chdf5_reading_end,
        .set_eoa = chdf5_reading_set_end,
        .get_eof = chdf5_reading_size,
        .read = chdf5_reading_read,
        .write = chdf5_reading_write,
        .fl_map = H5FD_FLMAP_DICHOTOMY,
    };
    /* The library takes it up once. */
    static hid_t registered = -1;
    if (registered < 0)
        registered = H5FDregister(&driver);
    return registered < 0 ? -1 : H5Pset_driver(access, registered, &source);
}

#endif
