/* Lets calls of the operating system fail, or ends the process before or after one of them. Loaded with LD_PRELOAD; for Linux.
 *
 * Counted are the calls of one process that touch files below a folder. Processes that it starts are left alone. Nothing is brought to the
 * disk: that takes most of the time of a run, and a process that is killed loses nothing that it wrote. The environment tells what to do:
 *   BNFOLD_FAULT_ROOT    the folder, absolute and without links
 *   BNFOLD_FAULT_AT      the number of the call, from 1 on; 0 for none
 *   BNFOLD_FAULT_ACTION  kill-before, kill-after, wait (for ever), short (writes or reads half), or the number of an error
 *   BNFOLD_FAULT_STICKY  when set, an error stays: all later calls that change something fail as well
 *   BNFOLD_FAULT_READS   when set, only calls that look at files, open and read count; otherwise opening counts, and what changes something
 *   BNFOLD_FAULT_PROCESS when set, only a process counts whose first argument this is, such as one that runs the jobs of a batch
 *   BNFOLD_FAULT_LOG     a file that gets the name of each counted call
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 4096

enum action { nothing, kill_before, kill_after, short_write, error, wait_for_ever };

static char root[PATH_MAX];
static size_t root_length;
static long fault_at;
static enum action fault_action;
static int fault_error, is_sticky, counts_reads, log_descriptor = -1;
static atomic_long count;
static atomic_char tracked[MOST_DESCRIPTORS];

/* Whether this process was started with the word as its first argument. */
static int is_first_argument(const char *word)
{
    char line[4096] = {0};
    int descriptor = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY);
    ssize_t length = syscall(SYS_read, descriptor, line, sizeof line - 1);
    syscall(SYS_close, descriptor);
    size_t name = strlen(line) + 1;
    return length > 0 && name < (size_t)length && strcmp(line + name, word) == 0;
}

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("BNFOLD_FAULT_ROOT");
    if (text == NULL) return;
    if (getenv("BNFOLD_FAULT_PROCESS") != NULL && !is_first_argument(getenv("BNFOLD_FAULT_PROCESS"))) return;
    unsetenv("LD_PRELOAD");
    snprintf(root, sizeof root, "%s", text);
    root_length = strlen(root);
    text = getenv("BNFOLD_FAULT_AT");
    fault_at = text == NULL ? 0 : atol(text);
    text = getenv("BNFOLD_FAULT_ACTION");
    if (text == NULL) fault_action = nothing;
    else if (strcmp(text, "kill-before") == 0) fault_action = kill_before;
    else if (strcmp(text, "kill-after") == 0) fault_action = kill_after;
    else if (strcmp(text, "short") == 0) fault_action = short_write;
    else if (strcmp(text, "wait") == 0) fault_action = wait_for_ever;
    else fault_action = error, fault_error = atoi(text);
    is_sticky = getenv("BNFOLD_FAULT_STICKY") != NULL;
    counts_reads = getenv("BNFOLD_FAULT_READS") != NULL;
    text = getenv("BNFOLD_FAULT_LOG");
    if (text != NULL)
        log_descriptor = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static int is_below_root(const char *path)
{
    char whole[2 * PATH_MAX];
    if (root_length == 0 || path == NULL) return 0;
    if (path[0] != '/') {
        char folder[PATH_MAX];
        if (getcwd(folder, sizeof folder) == NULL) return 0;
        snprintf(whole, sizeof whole, "%s/%s", folder, path);
        path = whole;
    }
    return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static int is_tracked(int descriptor)
{
    return descriptor >= 0 && descriptor < MOST_DESCRIPTORS && tracked[descriptor];
}

static void end_process(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* What becomes of a call that counts. */
static enum action next(const char *name, const char *what, int reads, int changes)
{
    if (counts_reads ? !reads : !changes) return nothing;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (log_descriptor >= 0) {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%ld %s %s\n", number, name, what);
        syscall(SYS_write, log_descriptor, line, length);
    }
    if (fault_at == 0 || number < fault_at) return nothing;
    if (number > fault_at) return fault_action == error && is_sticky ? error : nothing;
    if (fault_action == kill_before) end_process();
    while (fault_action == wait_for_ever) pause();
    return fault_action;
}

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* `real_call` is made unless the call is to fail. */
#define FAULT(condition, name, what, reads, changes, real_call)              \
    do {                                                                     \
        if (!(condition)) return real_call;                                  \
        enum action action = next(#name, what, reads, changes);              \
        if (action == error) { errno = fault_error; return -1; }             \
        __typeof__(real_call) result = real_call;                            \
        if (action == kill_after) end_process();                             \
        return result;                                                       \
    } while (0)

static const char *describe(int descriptor)
{
    static char text[32];
    snprintf(text, sizeof text, "of descriptor %d", descriptor);
    return text;
}

static int opened(int descriptor, int is_counted)
{
    if (descriptor >= 0 && descriptor < MOST_DESCRIPTORS) tracked[descriptor] = is_counted;
    return descriptor;
}

static int open_file(int folder, const char *path, int flags, mode_t mode)
{
    int is_counted = is_below_root(path);
    if (!is_counted) return opened(syscall(SYS_openat, folder, path, flags, mode), 0);
    enum action action = next("open", path, 1, 1);
    if (action == error) { errno = fault_error; return -1; }
    int descriptor = opened(syscall(SYS_openat, folder, path, flags, mode), 1);
    if (action == kill_after) end_process();
    return descriptor;
}

#define MODE(flags)                                             \
    mode_t mode = 0;                                            \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                      \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        mode = va_arg(rest, mode_t);                            \
        va_end(rest);                                           \
    }

int open(const char *path, int flags, ...) { MODE(flags) return open_file(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_file(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return open_file(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return open_file(folder, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

static int duplicate(int descriptor, int command, long argument, int result)
{
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) opened(result, is_tracked(descriptor));
    return result;
}

int fcntl(int descriptor, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return duplicate(descriptor, command, argument, syscall(SYS_fcntl, descriptor, command, argument));
}

int fcntl64(int descriptor, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return duplicate(descriptor, command, argument, syscall(SYS_fcntl, descriptor, command, argument));
}

int close(int descriptor)
{
    int is_counted = is_tracked(descriptor);
    if (!is_counted) return syscall(SYS_close, descriptor);
    enum action action = next("close", describe(descriptor), 0, 1);
    int result = syscall(SYS_close, descriptor);
    opened(descriptor, 0);
    if (action == kill_after) end_process();
    /* Linux closes a file whatever it says. */
    if (action == error) { errno = fault_error; return -1; }
    return result;
}

static ssize_t write_file(int descriptor, const void *bytes, size_t length, off_t offset, int is_placed)
{
    enum action action = is_tracked(descriptor) ? next("write", describe(descriptor), 0, 1) : nothing;
    if (action == error) { errno = fault_error; return -1; }
    if (action == short_write) length = (length + 1) / 2;
    ssize_t result = is_placed ? syscall(SYS_pwrite64, descriptor, bytes, length, offset)
                               : syscall(SYS_write, descriptor, bytes, length);
    if (action == kill_after) end_process();
    return result;
}

ssize_t write(int descriptor, const void *bytes, size_t length) { return write_file(descriptor, bytes, length, 0, 0); }
ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset)
{
    return write_file(descriptor, bytes, length, offset, 1);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t offset)
{
    return write_file(descriptor, bytes, length, offset, 1);
}

static ssize_t read_file(int descriptor, void *bytes, size_t length, off_t offset, int is_placed)
{
    enum action action = is_tracked(descriptor) ? next("read", describe(descriptor), 1, 0) : nothing;
    if (action == error) { errno = fault_error; return -1; }
    if (action == short_write && length > 1) length = (length + 1) / 2;
    ssize_t result = is_placed ? syscall(SYS_pread64, descriptor, bytes, length, offset)
                               : syscall(SYS_read, descriptor, bytes, length);
    if (action == kill_after) end_process();
    return result;
}

ssize_t read(int descriptor, void *bytes, size_t length) { return read_file(descriptor, bytes, length, 0, 0); }
ssize_t pread(int descriptor, void *bytes, size_t length, off_t offset)
{
    return read_file(descriptor, bytes, length, offset, 1);
}
ssize_t pread64(int descriptor, void *bytes, size_t length, off_t offset)
{
    return read_file(descriptor, bytes, length, offset, 1);
}

int rename(const char *from, const char *to)
{
    FAULT(is_below_root(from) || is_below_root(to), rename, to, 0, 1, REAL(rename)(from, to));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    FAULT(is_below_root(from) || is_below_root(to), renameat, to, 0, 1, REAL(renameat)(from_folder, from, to_folder, to));
}

int link(const char *from, const char *to)
{
    FAULT(is_below_root(from) || is_below_root(to), link, to, 0, 1, REAL(link)(from, to));
}

int unlink(const char *path) { FAULT(is_below_root(path), unlink, path, 0, 1, REAL(unlink)(path)); }
int remove(const char *path) { FAULT(is_below_root(path), remove, path, 0, 1, REAL(remove)(path)); }
int mkdir(const char *path, mode_t mode) { FAULT(is_below_root(path), mkdir, path, 0, 1, REAL(mkdir)(path, mode)); }

/* As if it was done. */
static int synchronized(int descriptor)
{
    (void)descriptor;
    return 0;
}

int fsync(int descriptor) { FAULT(is_tracked(descriptor), fsync, describe(descriptor), 0, 1, synchronized(descriptor)); }
int fdatasync(int descriptor)
{
    FAULT(is_tracked(descriptor), fdatasync, describe(descriptor), 0, 1, synchronized(descriptor));
}
int ftruncate(int descriptor, off_t length)
{
    FAULT(is_tracked(descriptor), ftruncate, describe(descriptor), 0, 1, REAL(ftruncate)(descriptor, length));
}
int ftruncate64(int descriptor, off64_t length)
{
    FAULT(is_tracked(descriptor), ftruncate64, describe(descriptor), 0, 1, REAL(ftruncate64)(descriptor, length));
}
int fchmod(int descriptor, mode_t mode)
{
    FAULT(is_tracked(descriptor), fchmod, describe(descriptor), 0, 1, REAL(fchmod)(descriptor, mode));
}
int fchown(int descriptor, uid_t user, gid_t group)
{
    FAULT(is_tracked(descriptor), fchown, describe(descriptor), 0, 1, REAL(fchown)(descriptor, user, group));
}

/* Looking at files. */

int stat(const char *restrict path, struct stat *restrict status)
{
    FAULT(is_below_root(path), stat, path, 1, 0, syscall(SYS_newfstatat, AT_FDCWD, path, status, 0));
}

int lstat(const char *restrict path, struct stat *restrict status)
{
    FAULT(is_below_root(path), lstat, path, 1, 0, syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW));
}

int fstat(int descriptor, struct stat *status)
{
    FAULT(is_tracked(descriptor), fstat, describe(descriptor), 1, 0, syscall(SYS_fstat, descriptor, status));
}

int access(const char *path, int mode) { FAULT(is_below_root(path), access, path, 1, 0, REAL(access)(path, mode)); }

DIR *opendir(const char *path)
{
    if (is_below_root(path) && next("opendir", path, 1, 0) == error) {
        errno = fault_error;
        return NULL;
    }
    return REAL(opendir)(path);
}
