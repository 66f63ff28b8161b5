#pragma once
// Answers to one kind of question, remembered: so many and no more. When there is no room left, all of them
// go, and what is asked often is soon there again.

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace metka::directory {

template <class Key, class Answer>
class KeptAnswers {
  public:
    static constexpr std::size_t most = 2048;

    const Answer* find(const Key& key) const // valid until the next change
    {
        const auto found = answers_.find(key);
        return found == answers_.end() ? nullptr : &found->second;
    }
    void keep(Key key, Answer answer)
    {
        if (answers_.size() >= most) answers_.clear();
        answers_.insert_or_assign(std::move(key), std::move(answer));
    }

  private:
    std::unordered_map<Key, Answer> answers_;
};

} // namespace metka::directory
