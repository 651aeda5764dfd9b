// SPDX-License-Identifier: Apache-2.0
// What an entry's flags mean, in words, and what its emulator calls itself.
#ifndef CMD_FLAG_WORDS_H_
#define CMD_FLAG_WORDS_H_

#include "binfmt/array.h"
#include "binfmt/text.h"
#include "cmd/listing.h"

namespace cmd {

// A sentence for each flag that LINE's entry has, and for those that are missed
// where they are not there.
binfmt::Array<binfmt::Text> FlagWords(const Line& line);

// The first line that LINE's interpreter prints with --version; "" where it
// prints none within a second. Only emulators are asked, told by their names:
// what another program makes of the word nobody knows.
binfmt::Text EmulatorVersion(const Line& line);

}  // namespace cmd

#endif  // CMD_FLAG_WORDS_H_
