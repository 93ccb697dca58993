/*
 * Counts the system calls of a whole process, with all its threads, that concern files below one directory; makes one of them fail, or
 * kills the process before it; or writes down what each did. Loaded with LD_PRELOAD by dev.sqlitebackup.torture.Faults: strace counts
 * per thread, and cannot select names that are random.
 *
 *   FAULTS_ROOT    the directory, absolute, with its links resolved
 *   FAULTS_CALLS   the names of the calls that count, with commas around each: ,open,create,mkdir,read,write,sync,rename,link,unlink,truncate,chmod,chown,
 *                  and ",library," if those on the driver's native library count too, which is unpacked in a hundred writes
 *   FAULTS_AT      the number of the call that is hit, from 1; 0 for none
 *   FAULTS_STICKY  1 if all later ones are hit as well
 *   FAULTS_HOW     the number of an error, "kill", or "short" for a write of half the bytes
 *   FAULTS_LOG     where to note what was hit; with FAULTS_AT=0, all calls, each as a line "CALL INODE OFFSET LENGTH PATH[<tab>PATH]", after a
 *                  write followed by its LENGTH bytes; "-CALL" if it failed by itself
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define KILL (-1)
#define SHORT (-2)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *calls;
static size_t root_length;
static long at, count;
static int how, sticky, log_fd = -1;

static const char *setting(const char *name) {
  const char *value = getenv(name);
  if (value == NULL) {
    dprintf(2, "faults: %s is not set\n", name);
    abort();
  }
  return value;
}

__attribute__((constructor)) static void begin(void) {
  root = setting("FAULTS_ROOT");
  root_length = strlen(root);
  calls = setting("FAULTS_CALLS");
  at = atol(setting("FAULTS_AT"));
  sticky = atoi(setting("FAULTS_STICKY"));
  const char *word = setting("FAULTS_HOW");
  how = strcmp(word, "kill") == 0 ? KILL : strcmp(word, "short") == 0 ? SHORT : atoi(word);
  log_fd = syscall(SYS_openat, AT_FDCWD, setting("FAULTS_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) {
    dprintf(2, "faults: cannot open the log\n");
    abort();
  }
}

static int counts(const char *call) {
  char word[32];
  snprintf(word, sizeof word, ",%s,", call);
  return strstr(calls, word) != NULL;
}

static int is_ours(const char *path) {
  return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0)
      && (counts("library") || strstr(path, "-libsqlitejdbc.so") == NULL);
}

/* The name of a descriptor's file, or "" for what has none. */
static void name_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, fd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = 0;
}

static void absolute(int directory, const char *path, char *out) {
  if (path[0] == '/') {
    snprintf(out, PATH_MAX, "%s", path);
    return;
  }
  name_of(directory, out);
  size_t length = strlen(out);
  snprintf(out + length, PATH_MAX - length, "/%s", path);
}

static void note(const void *bytes, size_t length) {
  for (const char *next = bytes; length > 0;) {
    ssize_t written = syscall(SYS_write, log_fd, next, length);
    if (written <= 0) {
      dprintf(2, "faults: cannot write the log\n");
      abort();
    }
    next += written;
    length -= written;
  }
}

/* Called with the mutex held, before the call. Returns 0 to go on, SHORT, or the error to fail with. */
static int hit(const char *call, const char *path) {
  if (!counts(call)) {
    return 0;
  }
  count++;
  if (at == 0 || count < at || (count > at && !sticky) || (how == SHORT && strcmp(call, "write") != 0)) {
    return 0;
  }
  char line[PATH_MAX + 64];
  note(line, snprintf(line, sizeof line, "%ld %s %s\n", count, call, path));
  if (how == KILL) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) {
      pause();
    }
  }
  return how;
}

static void record(const char *call, unsigned long inode, long long offset, size_t length, const char *path, const char *other) {
  if (at == 0 && counts(call)) {
    char line[2 * PATH_MAX + 128];
    note(line, snprintf(line, sizeof line, "%s %lu %lld %zu %s%s%s\n", call, inode, offset, length, path, other ? "\t" : "", other ? other : ""));
  }
}

/* They count as well, so that each can be hit: a look for a file that is not there, say. */
static void record_failed(const char *call, const char *path) {
  if (at == 0 && counts(call)) {
    char line[PATH_MAX + 64];
    note(line, snprintf(line, sizeof line, "-%s 0 0 0 %s\n", call, path));
  }
}

static unsigned long inode_of(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

#define REAL(name) static __typeof__(&name) real; if (real == NULL) real = (__typeof__(&name)) dlsym(RTLD_NEXT, #name)

/* A call on a name, or on a descriptor whose name is PATH: hit or done, and recorded if it succeeded. */
#define DO(call, path, other, inode, offset, done)     \
  do {                                                 \
    if (!is_ours(path)) return done;                   \
    pthread_mutex_lock(&mutex);                        \
    int error = hit(call, path);                       \
    __typeof__(done) result = -1;                      \
    if (error == 0) {                                  \
      result = done;                                   \
      error = errno;                                   \
      if (result >= 0) record(call, inode, offset, 0, path, other); \
      else record_failed(call, path);                  \
    }                                                  \
    pthread_mutex_unlock(&mutex);                      \
    errno = error;                                     \
    return result;                                     \
  } while (0)

/* ---- open: "create" if it may make the file, whose record says by its offset whether it did, and by its length whether it emptied it */

static int open_at(int directory, const char *path, int flags, mode_t mode) {
  char name[PATH_MAX];
  absolute(directory, path, name);
  if (!is_ours(name)) {
    return syscall(SYS_openat, directory, path, flags, mode);
  }
  const char *call = flags & O_CREAT ? "create" : "open";
  pthread_mutex_lock(&mutex);
  int error = hit(call, name);
  int fd = -1;
  if (error == 0) {
    int existed = syscall(SYS_faccessat, directory, path, F_OK) == 0;
    fd = syscall(SYS_openat, directory, path, flags, mode);
    error = errno;
    if (fd >= 0) {
      record(call, inode_of(fd), existed ? 0 : 1, flags & O_TRUNC ? 1 : 0, name, NULL);
    } else {
      record_failed(call, name);
    }
  }
  pthread_mutex_unlock(&mutex);
  errno = error;
  return fd;
}

#define OPEN_MODE(flags) mode_t mode = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) { OPEN_MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { OPEN_MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { OPEN_MODE(flags) return open_at(directory, path, flags, mode); }
int openat64(int directory, const char *path, int flags, ...) { OPEN_MODE(flags) return open_at(directory, path, flags, mode); }

/* ---- reading and writing */

static ssize_t read_at(int fd, void *bytes, size_t length, off64_t offset, int positioned) {
  char name[PATH_MAX];
  int error = 0;
  if (counts("read")) {
    name_of(fd, name);
    if (is_ours(name)) {
      pthread_mutex_lock(&mutex);
      error = hit("read", name);
      if (error == 0) {
        record("read", 0, offset, 0, name, NULL);
      }
      pthread_mutex_unlock(&mutex);
    }
  }
  if (error != 0) {
    errno = error;
    return -1;
  }
  return positioned ? syscall(SYS_pread64, fd, bytes, length, offset) : syscall(SYS_read, fd, bytes, length);
}

ssize_t read(int fd, void *bytes, size_t length) { return read_at(fd, bytes, length, 0, 0); }
ssize_t pread(int fd, void *bytes, size_t length, off_t offset) { return read_at(fd, bytes, length, offset, 1); }
ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset) { return read_at(fd, bytes, length, offset, 1); }

static ssize_t write_at(int fd, const void *bytes, size_t length, off64_t offset, int positioned) {
  char name[PATH_MAX];
  name_of(fd, name);
  if (!is_ours(name)) {
    return positioned ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
  }
  pthread_mutex_lock(&mutex);
  int error = hit("write", name);
  ssize_t written = -1;
  if (error == 0 || error == SHORT) {
    if (error == SHORT && length > 1) {
      length /= 2;
    }
    if (!positioned) {
      offset = lseek64(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    }
    written = positioned ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
    error = errno;
    if (written >= 0) {
      record("write", inode_of(fd), offset, written, name, NULL);
      if (at == 0 && counts("write")) {
        note(bytes, written);
      }
    } else {
      record_failed("write", name);
    }
  }
  pthread_mutex_unlock(&mutex);
  errno = error;
  return written;
}

ssize_t write(int fd, const void *bytes, size_t length) { return write_at(fd, bytes, length, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return write_at(fd, bytes, length, offset, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return write_at(fd, bytes, length, offset, 1); }

/* Only the first piece: whoever writes pieces has to go on where a write ended in any case. */
ssize_t writev(int fd, const struct iovec *pieces, int number) {
  REAL(writev);
  char name[PATH_MAX];
  name_of(fd, name);
  if (number < 1 || !is_ours(name)) {
    return real(fd, pieces, number);
  }
  return write_at(fd, pieces[0].iov_base, pieces[0].iov_len, 0, 0);
}

/* Goes through write, so that the bytes are seen. */
ssize_t sendfile64(int out, int in, off64_t *offset, size_t length) {
  REAL(sendfile64);
  char name[PATH_MAX];
  name_of(out, name);
  if (!is_ours(name) || offset == NULL) {
    return real(out, in, offset, length);
  }
  char bytes[65536];
  ssize_t got = syscall(SYS_pread64, in, bytes, length < sizeof bytes ? length : sizeof bytes, *offset);
  if (got <= 0) {
    return got;
  }
  ssize_t written = write_at(out, bytes, got, 0, 0);
  if (written > 0) {
    *offset += written;
  }
  return written;
}

ssize_t copy_file_range(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags) {
  REAL(copy_file_range);
  char name[PATH_MAX];
  name_of(out, name);
  if (is_ours(name)) {
    errno = ENOSYS;
    return -1;
  }
  return real(in, in_offset, out, out_offset, length, flags);
}

/* ---- everything else */

#define ON_DESCRIPTOR(type, function, call, offset, ...) char name[PATH_MAX]; name_of(fd, name); REAL(function); \
  DO(call, name, (const char *) NULL, inode_of(fd), offset, (type) real(fd, ##__VA_ARGS__))

int fsync(int fd) { ON_DESCRIPTOR(int, fsync, "sync", 0); }
int fdatasync(int fd) { ON_DESCRIPTOR(int, fdatasync, "sync", 0); }
int ftruncate(int fd, off_t length) { ON_DESCRIPTOR(int, ftruncate, "truncate", length, length); }
int ftruncate64(int fd, off64_t length) { ON_DESCRIPTOR(int, ftruncate64, "truncate", length, length); }
int fchmod(int fd, mode_t mode) { ON_DESCRIPTOR(int, fchmod, "chmod", mode, mode); }
int fchown(int fd, uid_t user, gid_t group) { ON_DESCRIPTOR(int, fchown, "chown", 0, user, group); }

#define ON_NAME(function, call, directory, path, ...) char name[PATH_MAX]; absolute(directory, path, name); REAL(function); \
  DO(call, name, (const char *) NULL, 0UL, 0LL, real(__VA_ARGS__))
#define ON_NAMES(function, call, from_directory, from, to_directory, to, ...) char name[PATH_MAX], other[PATH_MAX]; REAL(function); \
  absolute(from_directory, from, name); absolute(to_directory, to, other); DO(call, name, other, 0UL, 0LL, real(__VA_ARGS__))

int mkdir(const char *path, mode_t mode) { ON_NAME(mkdir, "mkdir", AT_FDCWD, path, path, mode); }
int mkdirat(int directory, const char *path, mode_t mode) { ON_NAME(mkdirat, "mkdir", directory, path, directory, path, mode); }
int unlink(const char *path) { ON_NAME(unlink, "unlink", AT_FDCWD, path, path); }
int rmdir(const char *path) { ON_NAME(rmdir, "unlink", AT_FDCWD, path, path); }
int remove(const char *path) { ON_NAME(remove, "unlink", AT_FDCWD, path, path); }
int unlinkat(int directory, const char *path, int flags) { ON_NAME(unlinkat, "unlink", directory, path, directory, path, flags); }
int chmod(const char *path, mode_t mode) { ON_NAME(chmod, "chmod", AT_FDCWD, path, path, mode); }
int chown(const char *path, uid_t user, gid_t group) { ON_NAME(chown, "chown", AT_FDCWD, path, path, user, group); }
int lchown(const char *path, uid_t user, gid_t group) { ON_NAME(lchown, "chown", AT_FDCWD, path, path, user, group); }
int link(const char *from, const char *to) { ON_NAMES(link, "link", AT_FDCWD, from, AT_FDCWD, to, from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) { ON_NAMES(linkat, "link", a, from, b, to, a, from, b, to, flags); }
int rename(const char *from, const char *to) { ON_NAMES(rename, "rename", AT_FDCWD, from, AT_FDCWD, to, from, to); }
int renameat(int a, const char *from, int b, const char *to) { ON_NAMES(renameat, "rename", a, from, b, to, a, from, b, to); }
