/* SPDX-License-Identifier: Apache-2.0
 * A PKCS#11 module with one token and one key, that tells the lie which MBPF_LIE names: what a faulty or hostile
 * vendor's module may answer without breaking into the process that it is loaded into anyway. */
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <string.h>

static int lies(const char *what)
{
    const char *lie = getenv("MBPF_LIE");
    return lie != NULL && strcmp(lie, what) == 0;
}

static CK_RV done(void *reserved)
{
    (void)reserved;
    return CKR_OK;
}

static CK_RV slots(unsigned char present, CK_SLOT_ID *list, unsigned long *count)
{
    (void)present;
    if (list != NULL && *count >= 1u) {
        list[0] = 7;
    }
    *count = lies("slots_beyond_memory") ? ~0ul / sizeof *list : lies("more_slots_than_asked_for") && list != NULL ? 1ul << 40 : 1ul;
    return CKR_OK;
}

static CK_RV token(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    memset(info, 0, sizeof *info);
    memset(info->label, ' ', sizeof info->label);
    memset(info->serialNumber, ' ', sizeof info->serialNumber);
    memcpy(info->label, lies("label_that_drives_terminals") ? "\033]0;x\a" : "bench  ", 7);
    info->flags = slot == 7 ? CKF_TOKEN_INITIALIZED : 0;
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
    (void)slot;
    (void)flags;
    (void)application;
    (void)notify;
    *session = 3;
    return CKR_OK;
}

static CK_RV with_session(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, unsigned long count)
{
    (void)session;
    (void)user;
    (void)pin;
    (void)count;
    return CKR_OK;
}

static CK_RV find_begin(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, unsigned long count)
{
    (void)session;
    (void)wanted;
    (void)count;
    return CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *found, unsigned long most, unsigned long *count)
{
    (void)session;
    (void)most;
    found[0] = 5;
    *count = lies("more_objects_than_asked_for") ? 1ul << 40 : 1ul;
    return CKR_OK;
}

/* The curve's base point: a public key that is one. */
static CK_RV attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE *wanted, unsigned long count)
{
    (void)session;
    (void)key;
    (void)count;
    memset(wanted->pValue, 0x66, 32);
    ((unsigned char *)wanted->pValue)[0] = 0x58;
    wanted->ulValueLen = lies("point_that_is_unavailable") ? ~0ul : lies("point_beyond_its_buffer") ? 1000ul : lies("point_of_another_curve") ? 33ul : 32ul;
    if (lies("point_that_was_not_written")) {
        memset(wanted->pValue, 0, 32);
    }
    return CKR_OK;
}

static CK_RV sign_begin(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return CKR_OK;
}

static CK_RV sign(CK_SESSION_HANDLE session, unsigned char *data, unsigned long count, unsigned char *signature, unsigned long *bytes)
{
    (void)session;
    (void)data;
    (void)count;
    memset(signature, 1, 64);
    *bytes = lies("signature_of_another_length") ? 63ul : lies("signature_beyond_its_buffer") ? 1ul << 40 : 64ul;
    return CKR_OK;
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *open, unsigned long open_count, CK_ATTRIBUTE *closed,
                      unsigned long closed_count, CK_OBJECT_HANDLE *public_half, CK_OBJECT_HANDLE *private_half)
{
    (void)session;
    (void)mechanism;
    (void)open;
    (void)open_count;
    (void)closed;
    (void)closed_count;
    *public_half = *private_half = 5;
    return CKR_OK;
}

static CK_FUNCTION_LIST functions = {
    .version = {2, 40}, .C_Initialize = done, .C_Finalize = done, .C_GetSlotList = slots, .C_GetTokenInfo = token,
    .C_OpenSession = open_session, .C_CloseSession = with_session, .C_Login = login, .C_Logout = with_session, .C_FindObjectsInit = find_begin,
    .C_FindObjects = find, .C_FindObjectsFinal = with_session, .C_GetAttributeValue = attribute, .C_GenerateKeyPair = generate,
    .C_SignInit = sign_begin, .C_Sign = sign};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    static CK_FUNCTION_LIST nothing;
    *list = lies("no_functions") ? &nothing : lies("no_list") ? NULL : &functions;
    return CKR_OK;
}
