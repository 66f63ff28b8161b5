#include "core/base/version.h"

namespace metka {

const std::string_view version = METKA_VERSION;

} // namespace metka
