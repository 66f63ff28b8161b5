#pragma once
// The YAML that settings are written in, as a small tree that remembers where everything stands. yaml-cpp is
// wrapped here and nowhere else; no exception leaves. Every scalar is text: what `yes`, `0x10` or `25` mean
// is for the reader of the value to say.
//
// Refused: more than one document, anchors, aliases, tags, keys that are not words, what is beyond the
// limits, and bytes that are not UTF-8 text. What metkactl applies is read here too, with wider ones.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace metka::settings {

struct Place {
    std::size_t line = 0; // from 1
    std::size_t column = 0;
};

struct YamlNode {
    enum class Shape { nothing, scalar, list, map };

    Shape shape = Shape::nothing;
    Place place;
    std::string text;           // a scalar's
    std::vector<YamlNode> keys; // a map's, all scalars, in the order of the file; the same key may come twice
    std::vector<YamlNode> items; // a list's items; a map's values, one for each key
};

struct YamlFault {
    Place place;
    std::string text;
};

struct YamlLimits {
    std::size_t bytes = std::size_t{1} << 20;
    std::size_t values = 20'000; // room for all that a rendered file may hold
    std::size_t levels = 16;
};

// An empty file is Shape::nothing.
std::expected<YamlNode, YamlFault> read_yaml(std::string_view text, YamlLimits limits = {});

} // namespace metka::settings
