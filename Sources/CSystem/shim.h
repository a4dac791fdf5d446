/* Calls of the operating system that Swift does not import. */
#ifndef CSYSTEM_SHIM_H
#define CSYSTEM_SHIM_H

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

/* Has the file system find room for a part of a file before it is written, whose size stays as it is. Where it cannot, it finds room with each write. */
static inline void csystem_reserve(int descriptor, int64_t offset, int64_t count)
{
#if defined(__linux__) && defined(SYS_fallocate) && defined(__LP64__)
    /* 1 is FALLOC_FL_KEEP_SIZE. Not posix_fallocate, which writes to the whole file where the file system knows no reservation. */
    syscall(SYS_fallocate, descriptor, 1, offset, count);
#else
    (void)descriptor;
    (void)offset;
    (void)count;
#endif
}

/* Has the system begin to bring a part of a file to the disk, without waiting for it. Where it cannot, it will in its own time. */
static inline void csystem_begin_writing_back(int descriptor, int64_t offset, int64_t count)
{
#if defined(__linux__) && defined(SYS_sync_file_range) && defined(__LP64__)
    /* 2 is SYNC_FILE_RANGE_WRITE of the kernel's interface, which not every C library names. */
    syscall(SYS_sync_file_range, descriptor, offset, count, 2);
#else
    (void)descriptor;
    (void)offset;
    (void)count;
#endif
}

/* A pipe that no program inherits, not even one that another thread starts at this moment, where the system knows such a call. */
static inline int csystem_pipe(int ends[2])
{
#if defined(__linux__)
    return (int)syscall(SYS_pipe2, ends, O_CLOEXEC);
#else
    int result = pipe(ends);
    for (int index = 0; result == 0 && index < 2; index++)
        fcntl(ends[index], F_SETFD, FD_CLOEXEC);
    return result;
#endif
}

#endif
