#include "daemon/errand/posture.h"

namespace metka::errand {

sys::Posture posture_to_link(const std::string& home)
{
    return {.places = {{home, sys::Reach::name}},
            .sockets = sys::Sockets::answering,
            .folders = sys::Folders::naming};
}

sys::Posture posture_to_measure(const std::string& home)
{
    return {.places = {{home, sys::Reach::read}},
            .sockets = sys::Sockets::answering,
            .powers = sys::Powers::reading};
}

sys::Posture posture_to_clear(const std::string& folder)
{
    return {.places = {{folder, sys::Reach::empty}},
            .sockets = sys::Sockets::answering,
            .folders = sys::Folders::emptying};
}

} // namespace metka::errand
