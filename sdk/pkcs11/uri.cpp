// SPDX-License-Identifier: Apache-2.0
// pkcs11:attribute=value;…?query=value&…, values percent-encoded (RFC 7512 §2.3).
#include "sdk/pkcs11/uri.h"

#include <optional>

#include "sdk/cli/cli.h"

namespace mbpf {

namespace {

std::optional<std::string> percent_decoded(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
        out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        i += 2;
    }
    return out;
}

// Takes one "name=value" off the front; the separator goes with it.
std::string_view next_part(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

Diagnostic bad(std::string_view uri, const std::string& why) {
    return cli::usage_error("'" + std::string(uri) + "' is no PKCS#11 URI: " + why, "write pkcs11:token=NAME;object=NAME");
}

bool assign(Pkcs11Uri& uri, std::string_view name, std::string value, bool query) {
    if (query) {
        if (name == "module-path") uri.module_path = std::move(value);
        else if (name == "pin-source") uri.pin_source = value.starts_with("file:") ? value.substr(5) : value;
        else return false;
        return true;
    }
    if (name == "token") uri.token = std::move(value);
    else if (name == "serial") uri.serial = std::move(value);
    else if (name == "object") uri.object = std::move(value);
    else if (name == "id") uri.id.assign(value.begin(), value.end());
    else return name == "type" && (value == "private" || value == "public");
    return true;
}

}  // namespace

Result<Pkcs11Uri> parse_pkcs11_uri(std::string_view text) {
    constexpr std::string_view kScheme = "pkcs11:";
    if (!text.starts_with(kScheme) || text.size() > 1024) return bad(text.substr(0, 80), "it does not begin with pkcs11:");
    std::string_view path = text.substr(kScheme.size()), query;
    if (const std::size_t mark = path.find('?'); mark != std::string_view::npos) {
        query = path.substr(mark + 1);
        path = path.substr(0, mark);
    }
    Pkcs11Uri uri;
    for (const auto& [part, separator] : {std::pair{path, ';'}, std::pair{query, '&'}}) {
        for (std::string_view rest = part; !rest.empty();) {
            const std::string_view item = next_part(rest, separator);
            const std::size_t equals = item.find('=');
            auto value = equals == std::string_view::npos ? std::nullopt : percent_decoded(item.substr(equals + 1));
            if (!value) return bad(text, "'" + std::string(item) + "' is not name=value");
            if (!assign(uri, item.substr(0, equals), std::move(*value), separator == '&')) return bad(text, "attribute '" + std::string(item) + "' is not understood");
        }
    }
    if (uri.object.empty() && uri.id.empty()) return bad(text, "it names neither object nor id");
    return uri;
}

}  // namespace mbpf
