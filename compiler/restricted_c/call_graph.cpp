// SPDX-License-Identifier: Apache-2.0
// Depth-first search with an explicit stack: the chain of calls may be as deep as the source is long.
#include "compiler/restricted_c/call_graph.h"

namespace mbpf::restricted_c {

void CallGraph::add_call(const clang::FunctionDecl* caller, const clang::FunctionDecl* callee,
                         const clang::CallExpr* call) {
    auto [it, fresh] = edges_.try_emplace(caller->getCanonicalDecl());
    if (fresh) order_.push_back(caller->getCanonicalDecl());
    it->second.push_back({callee->getCanonicalDecl(), call});
}

void CallGraph::report_recursion(Reporter& reporter) const {
    enum class Colour { white, grey, black };
    struct Frame {
        const clang::FunctionDecl* function;
        std::size_t next;
    };
    std::map<const clang::FunctionDecl*, Colour> colour;
    for (const clang::FunctionDecl* root : order_) {
        if (colour[root] != Colour::white) continue;
        std::vector<Frame> path{{root, 0}};
        colour[root] = Colour::grey;
        while (!path.empty()) {
            Frame& frame = path.back();
            const auto found = edges_.find(frame.function);
            if (found == edges_.end() || frame.next == found->second.size()) {
                colour[frame.function] = Colour::black;
                path.pop_back();
                continue;
            }
            const Edge edge = found->second[frame.next++];
            if (colour[edge.callee] == Colour::white) {
                colour[edge.callee] = Colour::grey;
                path.push_back({edge.callee, 0});
            } else if (colour[edge.callee] == Colour::grey) {
                std::string cycle;
                bool inside = false;
                for (const Frame& f : path) {
                    inside |= f.function == edge.callee;
                    if (inside) cycle += f.function->getNameAsString() + " -> ";
                }
                const std::string name = edge.callee->getNameAsString();
                reporter.report(1102, edge.call->getBeginLoc(), edge.call->getSourceRange(),
                                "this call is recursive (" + cycle + name + ")",
                                "rewrite the recursion as a loop with a constant bound");
            }
        }
    }
}

}  // namespace mbpf::restricted_c
