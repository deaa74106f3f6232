// SPDX-License-Identifier: Apache-2.0
// The few calls of PKCS#11 that signing needs. Everything a module returns is checked: it is a vendor's
// code, and a key in the wrong form must end in a message, not in a wrong signature.
#include "sdk/pkcs11/token.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "core/make_diagnostic.h"

namespace mbpf {

namespace {

constexpr CK_ULONG kMaxSlots = 1024;  // of those that hold a token; more is no count

// Whether all that is called here is there.
bool is_whole(const CK_FUNCTION_LIST& f) {
    return f.C_Initialize && f.C_Finalize && f.C_GetSlotList && f.C_GetTokenInfo && f.C_OpenSession && f.C_CloseSession && f.C_Login && f.C_Logout && f.C_FindObjectsInit && f.C_FindObjects && f.C_FindObjectsFinal && f.C_GetAttributeValue && f.C_GenerateKeyPair && f.C_SignInit && f.C_Sign;
}

std::string number(CK_RV rv) {
    char text[32];
    std::snprintf(text, sizeof text, "CKR 0x%lx", static_cast<unsigned long>(rv));
    return text;
}
Diagnostic failed(const char* what, CK_RV rv) { return diagnostic(4006, std::string("the token failed to ") + what, "it answered " + number(rv) + " (PKCS#11 return value)", "see the module's documentation; check that the token offers CKM_EDDSA"); }

// Token texts are padded with blanks and not terminated.
template <std::size_t N>
std::string trimmed(const unsigned char (&field)[N]) {
    std::string text(reinterpret_cast<const char*>(field), N);
    text.erase(text.find_last_not_of(std::string_view(" \0", 2)) + 1);
    return text;
}

template <class T>
    requires std::is_integral_v<T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, T& value) {
    return {type, &value, sizeof value};
}
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const std::string& value) { return {type, const_cast<char*>(value.data()), static_cast<CK_ULONG>(value.size())}; }
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const std::vector<std::uint8_t>& value) { return {type, const_cast<std::uint8_t*>(value.data()), static_cast<CK_ULONG>(value.size())}; }

// The curve's two names: RFC 8410's object identifier and PKCS#11's printable string. Tokens know one or both.
const std::vector<std::uint8_t> kCurveOid = {0x06, 0x03, 0x2b, 0x65, 0x70};
const std::vector<std::uint8_t> kCurveName = {0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};

}  // namespace

struct Token::Module {
    void* library = nullptr;
    CK_FUNCTION_LIST* p11 = nullptr;
    bool initialized = false;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    Pkcs11Uri uri;

    ~Module() {
        if (session != CK_INVALID_HANDLE) {
            p11->C_Logout(session);
            p11->C_CloseSession(session);
        }
        if (initialized) p11->C_Finalize(nullptr);
        if (library != nullptr) ::dlclose(library);
    }

    Status load(const std::string& path) {
        library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            const char* why = ::dlerror();
            return diagnostic(4006, "cannot load the PKCS#11 module '" + path + "'", why == nullptr ? "" : why, "give the vendor's module with --pkcs11-module or MBPF_PKCS11_MODULE");
        }
        const auto list = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
        if (list == nullptr || list(&p11) != CKR_OK || p11 == nullptr) return diagnostic(4006, "'" + path + "' is no PKCS#11 module", "it has no C_GetFunctionList", "give the vendor's module with --pkcs11-module or MBPF_PKCS11_MODULE");
        if (!is_whole(*p11)) return diagnostic(4006, "'" + path + "' is no PKCS#11 module", "it lacks functions that every module has", "give the vendor's module with --pkcs11-module or MBPF_PKCS11_MODULE");
        CK_C_INITIALIZE_ARGS args{};
        args.flags = CKF_OS_LOCKING_OK;
        if (const CK_RV rv = p11->C_Initialize(&args); rv != CKR_OK) return failed("start", rv);
        initialized = true;
        return ok();
    }

    Result<CK_SLOT_ID> find_slot() const {
        CK_ULONG count = 0;
        if (const CK_RV rv = p11->C_GetSlotList(CK_TRUE, nullptr, &count); rv != CKR_OK) return failed("list its slots", rv);
        std::vector<CK_SLOT_ID> slots(std::min(count, kMaxSlots));
        count = static_cast<CK_ULONG>(slots.size());
        if (const CK_RV rv = p11->C_GetSlotList(CK_TRUE, slots.data(), &count); rv != CKR_OK) return failed("list its slots", rv);
        slots.resize(std::min<std::size_t>(count, slots.size()));
        std::vector<CK_SLOT_ID> found;
        std::string present;
        for (CK_SLOT_ID slot : slots) {
            CK_TOKEN_INFO info{};
            if (p11->C_GetTokenInfo(slot, &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
            const std::string label = trimmed(info.label);
            present += (present.empty() ? "" : ", ") + label;
            if ((uri.token.empty() || uri.token == label) && (uri.serial.empty() || uri.serial == trimmed(info.serialNumber))) found.push_back(slot);
        }
        if (found.size() == 1) return found.front();
        return diagnostic(4006, found.empty() ? "there is no such token" : "several tokens match the URI", present.empty() ? "no token is there" : "tokens: " + present, "name one: pkcs11:token=NAME;object=NAME");
    }

    Status log_in(const std::string& pin) {
        auto slot = find_slot();
        if (!slot) return slot.error();
        if (const CK_RV rv = p11->C_OpenSession(*slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session); rv != CKR_OK) {
            session = CK_INVALID_HANDLE;
            return failed("open a session", rv);
        }
        const CK_RV rv = p11->C_Login(session, CKU_USER, reinterpret_cast<unsigned char*>(const_cast<char*>(pin.data())), static_cast<CK_ULONG>(pin.size()));
        if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) return ok();
        if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID || rv == CKR_PIN_LOCKED) return diagnostic(5014, rv == CKR_PIN_LOCKED ? "the token's PIN is locked" : "the token's PIN is wrong", number(rv), "enter the user PIN (MBPF_PIN, --pin-file or the prompt); too many wrong ones lock the token");
        return failed("log in", rv);
    }

    Result<std::vector<CK_OBJECT_HANDLE>> objects(CK_OBJECT_CLASS kind) const {
        CK_KEY_TYPE type = CKK_EC_EDWARDS;
        std::vector<CK_ATTRIBUTE> wanted{attribute(CKA_CLASS, kind), attribute(CKA_KEY_TYPE, type)};
        if (!uri.object.empty()) wanted.push_back(attribute(CKA_LABEL, uri.object));
        if (!uri.id.empty()) wanted.push_back(attribute(CKA_ID, uri.id));
        if (const CK_RV rv = p11->C_FindObjectsInit(session, wanted.data(), static_cast<CK_ULONG>(wanted.size())); rv != CKR_OK) return failed("search its objects", rv);
        std::vector<CK_OBJECT_HANDLE> found(4);
        CK_ULONG count = 0;
        const CK_RV rv = p11->C_FindObjects(session, found.data(), static_cast<CK_ULONG>(found.size()), &count);
        p11->C_FindObjectsFinal(session);
        if (rv != CKR_OK) return failed("search its objects", rv);
        found.resize(std::min<std::size_t>(count, found.size()));
        return found;
    }

    Result<CK_OBJECT_HANDLE> object(CK_OBJECT_CLASS kind) const {
        auto found = objects(kind);
        if (!found) return found.error();
        if (found->size() == 1) return found->front();
        return diagnostic(4007, found->empty() ? "the token has no such Ed25519 key" : "several keys of the token match the URI", "object '" + uri.object + "'", "name one key by object= or id=; mbpf-sign keygen --pkcs11 makes one");
    }

    Result<std::array<std::uint8_t, 32>> point_of(CK_OBJECT_HANDLE key) const {
        std::uint8_t bytes[64] = {};
        CK_ATTRIBUTE point{CKA_EC_POINT, bytes, sizeof bytes};
        if (const CK_RV rv = p11->C_GetAttributeValue(session, key, &point, 1); rv != CKR_OK) return failed("give the public key", rv);
        // A DER octet string by the standard; bare by some modules.
        std::size_t at = 0;
        if (point.ulValueLen == 34 && bytes[0] == 0x04 && bytes[1] == 32) at = 2;
        else if (point.ulValueLen != 32) return diagnostic(4007, "the token's key is no Ed25519 key", "its point has " + std::to_string(point.ulValueLen) + " bytes", "name an Ed25519 key");
        std::array<std::uint8_t, 32> out;
        std::copy_n(bytes + at, out.size(), out.begin());
        return out;
    }
};

Token::Token(std::unique_ptr<Module> module) : module_(std::move(module)) {}
Token::~Token() = default;

Result<std::unique_ptr<Token>> Token::open(const std::string& module, const Pkcs11Uri& uri, const std::string& pin) {
    auto m = std::make_unique<Module>();
    m->uri = uri;
    if (Status s = m->load(module); !s) return s.error();
    if (Status s = m->log_in(pin); !s) return s.error();
    return std::unique_ptr<Token>(new Token(std::move(m)));
}

Result<std::array<std::uint8_t, 32>> Token::generate() {
    auto there = module_->objects(CKO_PRIVATE_KEY);
    if (!there) return there.error();
    if (!there->empty()) return diagnostic(4002, "the token has a key '" + module_->uri.object + "' already", "keys are never overwritten", "choose another object name, or adopt it with --existing");
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_RV rv = CKR_OK;
    for (const auto* curve : {&kCurveOid, &kCurveName}) {
        std::vector<CK_ATTRIBUTE> open{attribute(CKA_EC_PARAMS, *curve), attribute(CKA_TOKEN, yes), attribute(CKA_VERIFY, yes), attribute(CKA_LABEL, module_->uri.object)};
        std::vector<CK_ATTRIBUTE> closed{attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, yes), attribute(CKA_SENSITIVE, yes), attribute(CKA_EXTRACTABLE, no), attribute(CKA_SIGN, yes), attribute(CKA_LABEL, module_->uri.object)};
        for (auto* half : {&open, &closed})
            if (!module_->uri.id.empty()) half->push_back(attribute(CKA_ID, module_->uri.id));
        CK_MECHANISM mechanism{CKM_EC_EDWARDS_KEY_PAIR_GEN, nullptr, 0};
        CK_OBJECT_HANDLE public_half = 0, private_half = 0;
        rv = module_->p11->C_GenerateKeyPair(module_->session, &mechanism, open.data(), static_cast<CK_ULONG>(open.size()), closed.data(), static_cast<CK_ULONG>(closed.size()), &public_half, &private_half);
        if (rv == CKR_OK) return module_->point_of(public_half);
    }
    return failed("make an Ed25519 key", rv);
}

Result<std::array<std::uint8_t, 32>> Token::public_key() const {
    auto key = module_->object(CKO_PUBLIC_KEY);
    if (!key) return key.error();
    return module_->point_of(*key);
}

Result<std::array<std::uint8_t, 64>> Token::sign(std::span<const std::uint8_t> bytes) const {
    auto key = module_->object(CKO_PRIVATE_KEY);
    if (!key) return key.error();
    CK_MECHANISM mechanism{CKM_EDDSA, nullptr, 0};
    if (const CK_RV rv = module_->p11->C_SignInit(module_->session, &mechanism, *key); rv != CKR_OK) return failed("begin a signature", rv);
    std::array<std::uint8_t, 64> signature;
    CK_ULONG size = signature.size();
    const CK_RV rv = module_->p11->C_Sign(module_->session, const_cast<std::uint8_t*>(bytes.data()), static_cast<CK_ULONG>(bytes.size()), signature.data(), &size);
    if (rv != CKR_OK) return failed("sign", rv);
    if (size != signature.size()) return diagnostic(4006, "the token's signature is not Ed25519's", std::to_string(size) + " bytes", "name an Ed25519 key");
    return signature;
}

}  // namespace mbpf
