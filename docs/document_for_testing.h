// SPDX-License-Identifier: Apache-2.0
// Reads the documents that the tests of this package compare with.
#ifndef DOCS_DOCUMENT_FOR_TESTING_H_
#define DOCS_DOCUMENT_FOR_TESTING_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace docs {

// The text of a file; empty if it can't be read.
std::string ReadDocument(const std::string& path);

// The lines of TEXT between the line FROM and the next that begins with one of
// ENDS, without these two. Empty where either is missing.
std::vector<std::string> LinesBetween(
    std::string_view text, std::string_view from,
    std::initializer_list<std::string_view> ends);

}  // namespace docs

#endif  // DOCS_DOCUMENT_FOR_TESTING_H_
