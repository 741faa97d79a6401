// A small scenario and sweeps of it, in a folder of their own.
#pragma once

#include <string>

#include "support/temporary_folder.hpp"

namespace dysta::test {

/// Holds `tiny.yaml`, a scenario called tiny of two networks on one accelerator, and their traces.
class SweepFolder {
 public:
  SweepFolder() {
    write_trace("one_a", "0.5");
    folder_.write("traces/two_b.csv",
                  "sim_lat,overall-sparsity,batch-indx,layer-indx\n"
                  "1,0.2,0,0\n2,0.4,0,1\n1,0.6,0,2\n");
    write_scenario("tiny", "tiny");
  }

  /// The trace `name` of two inputs, the second with a layer of `latency_s`.
  void write_trace(const std::string& name, const std::string& latency_s) const {
    folder_.write("traces/" + name + ".csv",
                  "sim_lat,overall-sparsity,batch-indx,layer-indx\n"
                  "0.25,0.5,0,0\n0.5,0.5,0,1\n0.125,0.25,1,0\n" +
                      latency_s + ",0.75,1,1\n");
  }

  std::string write_scenario(const std::string& file, const std::string& name) const {
    return folder_.write(file + ".yaml", "schema: 1\nname: " + name +
                                             "\nwhat: two small networks\n"
                                             "accelerators:\n  - {name: chip, model: eyeriss_v2}\n"
                                             "streams:\n"
                                             "  - name: all\n    rate_hz: 0.5\n"
                                             "    slo_multiplier: 10\n"
                                             "    networks: [{traces: traces}]\n");
  }

  /// A path in the folder.
  std::string path(const std::string& name) const { return folder_.path(name); }
  std::string write(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace dysta::test
