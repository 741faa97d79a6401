#include "dysta/workload/request_source.hpp"

#include <utility>

namespace dysta {

RunRequests::RunRequests(Run run)
    : run_(std::make_shared<const Run>(std::move(run))),
      count_(run_->requests.size()),
      open_([held = run_] { return std::make_unique<RequestsAtHand>(*held); }) {}

RunRequests::RunRequests(std::size_t count, Open open) : count_(count), open_(std::move(open)) {}

}  // namespace dysta
