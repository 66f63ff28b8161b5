# cmake -D catalogue=FILE.mo -D function=NAME -D output=FILE.cpp -P embed.cmake
# Writes a source with the bytes of a compiled catalogue, so that a confined program opens none.
file(READ ${catalogue} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${output} "#include \"core/language/catalogue.h\"

namespace metka::language {

std::string_view ${function}()
{
    static constexpr char bytes[] = {${bytes}};
    return {bytes, sizeof bytes};
}

} // namespace metka::language
")
