// SPDX-License-Identifier: Apache-2.0
#include "verifier/certificate_file.h"

#include "certificate.pb.h"

namespace mbpf {

namespace {

constexpr std::uint32_t kFileVersion = 1;

Diagnostic bad_file(std::string why) {
    Diagnostic d;
    d.code = "MBPF3601";
    d.message = "not a certificate of this object";
    d.why = std::move(why);
    d.fix = "write one with mbpf-verify --certificate for this object and platform";
    return d;
}

}  // namespace

std::vector<std::uint8_t> write_certificates(const VerifyReport& report, const Platform& platform) {
    certificate::ObjectCertificate file;
    file.set_version(kFileVersion);
    file.set_platform(platform.name);
    for (const ProgramVerdict& v : report.verdicts) {
        if (!v.accepted) continue;
        certificate::ProgramProof& p = *file.add_program();
        p.set_section(v.section);
        p.set_function(v.function);
        p.set_proof(v.certificate.data(), v.certificate.size());
        for (const LoopProof& l : v.loop_proofs) {
            certificate::LoopProof& loop = *p.add_loop();
            loop.set_header(l.header);
            loop.set_proof(l.certificate.data(), l.certificate.size());
        }
    }
    std::string text;
    file.SerializeToString(&text);
    return {text.begin(), text.end()};
}

Result<ObjectProofs> read_certificates(std::span<const std::uint8_t> bytes, const bpf::Object& object, const Platform& platform) {
    certificate::ObjectCertificate file;
    if (bytes.empty()) return bad_file("it is empty");
    if (!file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return bad_file("it is damaged or something else");
    if (file.version() != kFileVersion) return bad_file("it has version " + std::to_string(file.version()) + "; this release reads " + std::to_string(kFileVersion));
    if (file.platform() != platform.name) return bad_file("it is for platform \"" + file.platform() + "\", not " + platform.name);
    ObjectProofs proofs;
    proofs.programs.resize(object.programs.size());
    proofs.loops.resize(object.programs.size());
    for (const certificate::ProgramProof& p : file.program())
        for (std::size_t i = 0; i < object.programs.size(); ++i)
            if (object.programs[i].section == p.section() && object.programs[i].name == p.function()) {
                proofs.programs[i].assign(p.proof().begin(), p.proof().end());
                proofs.loops[i].clear();
                for (const certificate::LoopProof& l : p.loop()) proofs.loops[i].push_back({l.header(), {l.proof().begin(), l.proof().end()}});
            }
    return proofs;
}

}  // namespace mbpf
