/* A C caller of the library: sends each line of standard input, "FUNCTION REQUEST", and hostile
 * requests to the same function, and frees every reply. Run under valgrind, see t/valgrind. */

#include "pve_network.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef PveNetworkStatus seam(const char *request, char **reply);
typedef void string_free(char *string);

static const char *const hostile[] = { "", "{}", "null", "[[[", "{\"text\":1}", "\xff", NULL };

static void *find(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (!address) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    return address;
}

static void call(seam *function, string_free *release, const char *request, int want) {
    char *reply = (char *)"not set";
    PveNetworkStatus status = function(request, &reply);
    if (want >= 0 && (int)status != want) {
        fprintf(stderr, "status %d, expected %d: %s\n", (int)status, want, reply ? reply : "null");
        exit(1);
    }
    const char attached[] = "{\"warnings\":"; /* what follows may end with any byte */
    int is_attached = reply && !strncmp(reply, attached, sizeof(attached) - 1);
    if (!request != !reply || (reply && !is_attached && reply[strlen(reply) - 1] != '}')) {
        fprintf(stderr, "reply: %s\n", reply ? reply : "null");
        exit(1);
    }
    release(reply);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s LIBRARY < LINES\n", argv[0]);
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    string_free *release = (string_free *)find(library, "pve_network_string_free");
    char *line = NULL;
    size_t size = 0;
    long calls = 0;
    for (ssize_t length; (length = getline(&line, &size, stdin)) > 0; calls++) {
        line[length - 1] = '\0';
        char *request = strchr(line, ' ');
        if (!request) {
            fprintf(stderr, "not a line of 'FUNCTION REQUEST': %s\n", line);
            return 2;
        }
        *request++ = '\0';
        seam *function = (seam *)find(library, line);
        call(function, release, request, -1);
        call(function, release, NULL, PVE_NETWORK_STATUS_BUG);
        for (size_t at = 0; hostile[at]; at++)
            call(function, release, hostile[at], PVE_NETWORK_STATUS_ERROR);
        if (function(request, NULL) != PVE_NETWORK_STATUS_BUG) {
            fprintf(stderr, "no place for a reply, and no complaint\n");
            return 1;
        }
    }
    free(line);
    printf("%ld lines replayed\n", calls);
    return calls ? 0 : 1;
}
