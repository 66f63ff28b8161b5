// Asio compiled once for the whole house (ASIO_SEPARATE_COMPILATION).

#include <asio/impl/src.hpp>
