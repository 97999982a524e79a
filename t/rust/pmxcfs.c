/* Makes system calls fail as they do on pmxcfs and on broken file systems; for LD_PRELOAD.
 *
 * FAILING="fsync=EINVAL create=EACCES": each of these calls fails with that error. `create` is an
 * open that creates a file, `write` a write to a regular file. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const struct {
    const char *name;
    int number;
} ERRORS[] = {
    {"EINVAL", EINVAL}, {"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EACCES", EACCES}, {"EIO", EIO},
    {"EROFS", EROFS}, {"ENOLCK", ENOLCK}, {"ENOSPC", ENOSPC},
};

/* True if the call has to fail; errno is set. */
static int fails(const char *call) {
    const char *failing = getenv("FAILING");
    size_t length = strlen(call);
    while (failing && *failing) {
        if (strncmp(failing, call, length) == 0 && failing[length] == '=') {
            for (size_t n = 0; n < sizeof ERRORS / sizeof *ERRORS; n++) {
                size_t end = strlen(ERRORS[n].name);
                if (strncmp(failing + length + 1, ERRORS[n].name, end) == 0) {
                    errno = ERRORS[n].number;
                    return 1;
                }
            }
            abort();
        }
        failing = strchr(failing, ' ');
        failing += failing ? 1 : 0;
    }
    return 0;
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

int fsync(int fd) {
    return fails("fsync") ? -1 : NEXT(int (*)(int), "fsync")(fd);
}

int fchmod(int fd, mode_t mode) {
    return fails("fchmod") ? -1 : NEXT(int (*)(int, mode_t), "fchmod")(fd, mode);
}

int fchown(int fd, uid_t user, gid_t group) {
    return fails("fchown") ? -1 : NEXT(int (*)(int, uid_t, gid_t), "fchown")(fd, user, group);
}

int flock(int fd, int operation) {
    return fails("flock") ? -1 : NEXT(int (*)(int, int), "flock")(fd, operation);
}

int rename(const char *from, const char *to) {
    return fails("rename") ? -1 : NEXT(int (*)(const char *, const char *), "rename")(from, to);
}

int mkdir(const char *path, mode_t mode) {
    return fails("mkdir") ? -1 : NEXT(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

ssize_t write(int fd, const void *text, size_t length) {
    struct stat file;
    int is_regular = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
    if (is_regular && fails("write"))
        return -1;
    return NEXT(ssize_t (*)(int, const void *, size_t), "write")(fd, text, length);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (flags & O_CREAT && fails("create"))
        return -1;
    return NEXT(int (*)(const char *, int, ...), "open64")(path, flags, mode);
}
