// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_plan.h"

#include <string>
#include <string_view>
#include <vector>

#include "arch_table/emulators.h"
#include "arch_table/names.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/record/entry.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;

constexpr char kInterpreter[] = "/bin/sh";

// The name that the record of TARGET gets for EMULATOR where PRESENT is there.
std::string PlannedName(const Target& target, std::string_view emulator,
                        const std::vector<Entry>& present) {
  RecordOptions options;
  options.interpreter = kInterpreter;
  options.persistent = Choice::kNo;
  options.search.emulator = arch_table::FindEmulator(emulator);
  PlanMaker maker(options, present);
  const binfmt::Expected<void> added = maker.AddTarget(target, true, false);
  if (!added) return added.error().text();
  const std::vector<PlanItem> items = maker.TakeItems();
  return items.size() == 1 ? items[0].record.name : "not one item";
}

// Debian's package of box64 calls its entry box64.
TEST(PlanMakerTest, EntryOfADistributionsPackageKeepsItsName) {
  const Target& target = *arch_table::FindTarget("x86_64");
  Entry entry;
  entry.record.name = "box64";
  entry.record.magic = target.magic();
  entry.record.mask = arch_table::FindEmulator("box64")->Mask(target);
  EXPECT_EQ(PlannedName(target, "box64", {entry}), "box64");
  EXPECT_EQ(PlannedName(target, "box64", {}), "x86_64");
  EXPECT_EQ(PlannedName(target, "fex", {entry}), "FEX-x86_64");
  EXPECT_EQ(PlannedName(target, "qemu", {entry}), "qemu-x86_64");
  // An entry of that name for something else.
  entry.record.mask = target.mask();
  EXPECT_EQ(PlannedName(target, "box64", {entry}), "x86_64");
}

}  // namespace
}  // namespace cmd
