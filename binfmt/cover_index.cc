// SPDX-License-Identifier: Apache-2.0
#include "binfmt/cover_index.h"

#include "binfmt/match.h"

namespace binfmt {
namespace {

bool SameShape(const Record& a, const Record& b) {
  if (a.type != b.type) return false;
  return a.type != RecordType::kMagic ||
         (a.offset == b.offset && a.mask == b.mask &&
          a.magic.size() == b.magic.size());
}

// Of the bits that a record of SHAPE compares, as RECORD wants them.
uint32_t HashOf(const Record& record, const Record& shape) {
  if (shape.type != RecordType::kMagic) return HashOf(record.magic);
  uint32_t hash = kHashOfNothing;
  for (size_t i = 0; i < shape.magic.size(); ++i) {
    unsigned char byte = ComparedAt(record, shape.offset + i).byte;
    if (!shape.mask.empty()) byte &= static_cast<unsigned char>(shape.mask[i]);
    hash = AddToHash(hash, byte);
  }
  return hash;
}

}  // namespace

void CoverIndex::Add(const Record& record) {
  records_.push_back(&record);
  const Record* shape = nullptr;
  for (const Record* known : shapes_) {
    if (SameShape(*known, record)) shape = known;
  }
  if (shape == nullptr) {
    shape = &record;
    shapes_.push_back(shape);
  }
  index_.Add(HashOf(record, *shape));
}

int CoverIndex::FirstCovering(const Record& narrow) const {
  int first = kNone;
  for (const Record* shape : shapes_) {
    if (shape->type != narrow.type) continue;
    int at = index_.First(HashOf(narrow, *shape));
    while (at != kNone && !Covers(*records_[at], narrow)) at = index_.Next(at);
    if (first == kNone || (at != kNone && at < first)) first = at;
  }
  return first;
}

}  // namespace binfmt
