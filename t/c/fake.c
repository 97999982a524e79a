/* Libraries that are wrong in one way each, for t/10-binding.t:
 *   ABI      the ABI that it says to have
 *   STATUS   what every call returns
 *   REPLY    what every call replies, a string or NULL
 *   LACKING  if defined, there is no function for a seam */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef ABI
#define ABI 1
#endif
#ifndef STATUS
#define STATUS 0
#endif
#ifndef REPLY
#define REPLY "{\"value\":1,\"warnings\":[]}"
#endif

uint32_t pve_network_abi_version(void) { return ABI; }
const char *pve_network_version(void) { return "fake"; }
void pve_network_string_free(char *string) { free(string); }

#ifndef LACKING
int32_t pve_network_interfaces_parse(const char *request, char **reply) {
    const char *text = REPLY;
    (void)request;
    *reply = text ? strdup(text) : NULL;
    return STATUS;
}
#endif
