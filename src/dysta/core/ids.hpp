// Identities as types: an index of one kind cannot stand where another is meant.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dysta {

/// A task from its arrival to its completion, as the host and a policy name it. Dense: hosts take a
/// new number only when none is free, and a number is free again after its task's `on_finish`, so
/// that a table indexed by it is as long as the most tasks ever present at once. Says nothing about
/// order.
enum class TaskId : std::uint32_t {};

/// One network with one weight-sparsity pattern; indexes a `TraceSet`.
enum class VariantId : std::uint32_t {};

/// One network architecture, whatever its pattern; indexes a `TraceSet`'s models.
enum class ModelId : std::uint32_t {};

/// One accelerator of a host.
enum class AcceleratorId : std::uint32_t {};

/// The position that an identity stands for.
template <class Id>
constexpr std::size_t index(Id id) {
  return static_cast<std::size_t>(id);
}

}  // namespace dysta
