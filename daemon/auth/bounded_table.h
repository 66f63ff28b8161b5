#pragma once
// Values by text, so many and no more: the one that was looked at longest ago gives way.

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace metka::auth {

template <class Value>
class BoundedTable {
  public:
    explicit BoundedTable(std::size_t most) : most_(most) {}

    const Value* peek(std::string_view key) const // null: it is not there
    {
        const auto found = places_.find(key);
        return found == places_.end() ? nullptr : &found->second->second;
    }
    Value* find(std::string_view key)
    {
        const auto found = places_.find(key);
        if (found == places_.end()) return nullptr;
        rows_.splice(rows_.begin(), rows_, found->second);
        return &found->second->second;
    }
    Value& at(std::string_view key) // made if need be; valid until the next call of at()
    {
        if (auto* const known = find(key)) return *known;
        if (rows_.size() >= most_) erase(rows_.back().first);
        rows_.emplace_front(std::string(key), Value{});
        places_.emplace(rows_.front().first, rows_.begin());
        return rows_.front().second;
    }
    void erase(std::string_view key)
    {
        const auto found = places_.find(key);
        if (found == places_.end()) return;
        const auto row = found->second;
        places_.erase(found);
        rows_.erase(row);
    }
    std::size_t size() const { return rows_.size(); }
    template <class Visit>
    void each(Visit visit) const // visit(key, value), in no order
    {
        for (const auto& [key, value] : rows_)
            visit(std::string_view(key), value);
    }
    // change(key, value) may change the value; where it says false, the row goes.
    template <class Change>
    void keep_if(Change change)
    {
        for (auto row = rows_.begin(); row != rows_.end();) {
            const auto here = row++;
            if (change(std::string_view(here->first), here->second)) continue;
            places_.erase(here->first);
            rows_.erase(here);
        }
    }

  private:
    std::size_t most_;
    std::list<std::pair<std::string, Value>> rows_; // the last one looked at is first
    std::unordered_map<std::string_view, typename std::list<std::pair<std::string, Value>>::iterator> places_;
};

} // namespace metka::auth
