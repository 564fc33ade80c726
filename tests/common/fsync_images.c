/* Preloaded into a thidua process: after each fsync of a database it stores a copy of what a disk
 * would hold after a power failure at that moment.
 *
 *   THIDUA_IMAGES=DIR       where copies go
 *   THIDUA_IMAGES_OF=NAME   the database's file name; its "-wal" is watched too
 *
 * After the n-th sync: DIR/n-synced-db or DIR/n-synced-wal, the file that was synced; after one of
 * the log also DIR/n-now-db, the other file as written so far, which a disk may or may not hold.
 * DIR/last holds n. Used by tests/integration/power_loss.rs only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long number;

static void copy(const char *from, const char *to) {
    char buffer[1 << 16];
    ssize_t got;
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (in >= 0 && out >= 0 && (got = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)got) != got)
            abort();
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
}

static void image(int fd) {
    const char *dir = getenv("THIDUA_IMAGES"), *name = getenv("THIDUA_IMAGES_OF");
    char link[64], path[4096], to[4200], text[32];
    if (!dir || !name)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return;
    path[length] = 0;
    char *file = strrchr(path, '/');
    if (!file || strncmp(file + 1, name, strlen(name)) != 0)
        return;
    char *end = file + 1 + strlen(name);
    int log = strcmp(end, "-wal") == 0;
    if (!log && *end != 0)
        return;
    pthread_mutex_lock(&lock);
    long n = ++number;
    snprintf(to, sizeof to, "%s/%06ld-synced-%s", dir, n, log ? "wal" : "db");
    copy(path, to);
    if (log) {
        *end = 0;
        snprintf(to, sizeof to, "%s/%06ld-now-db", dir, n);
        copy(path, to);
    }
    snprintf(to, sizeof to, "%s/last.new", dir);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int digits = snprintf(text, sizeof text, "%ld", n);
    if (out < 0 || write(out, text, (size_t)digits) != digits)
        abort();
    close(out);
    snprintf(path, sizeof path, "%s/last", dir);
    rename(to, path);
    pthread_mutex_unlock(&lock);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int done = real(fd);
    if (done == 0)
        image(fd);
    return done;
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int done = real(fd);
    if (done == 0)
        image(fd);
    return done;
}
