// The file keeps SQLite's write-ahead log with `synchronous=FULL`: a commit is one append and one
// fsync. A killed program leaves the log beside the file, and the next opening takes from it every
// commit that is whole; a power failure loses none that was reported. The lock is kept for as long
// as the file is open, so that a second sweep is told instead of taking turns.
#include "dysta/sweep/point_store.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <sqlite3.h>

#include "dysta/core/error.hpp"

namespace dysta {
namespace {

constexpr int kApplicationId = 0x44795374;  // "DySt"
constexpr int kSchema = 3;

// AUTOINCREMENT: what a point that somebody deleted left behind is never taken for another's. NULLs
// are never equal, so the index takes 0, which no SLO multiplier is, for none.
constexpr const char* kTables =
    "CREATE TABLE points (id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE);"
    "CREATE TABLE labels (point INTEGER NOT NULL REFERENCES points, scenario TEXT NOT NULL,"
    " rate_hz REAL NOT NULL, utilisation REAL NOT NULL, slo_multiplier REAL,"
    " seed INTEGER NOT NULL, policy TEXT NOT NULL);"
    "CREATE UNIQUE INDEX each_label_once ON labels (point, scenario, rate_hz, utilisation,"
    " ifnull(slo_multiplier, 0), seed, policy);"
    "CREATE TABLE figures (point INTEGER NOT NULL REFERENCES points, metric TEXT NOT NULL,"
    " value REAL, PRIMARY KEY (point, metric)) WITHOUT ROWID;";

}  // namespace

/// The connection, with every answer of SQLite's turned into what it means here.
class PointStore::Database {
 public:
  explicit Database(const std::string& path);

  void run(const std::string& sql) {
    expect(sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr));
  }

  /// Undoes what a failed transaction has done so far.
  void roll_back() noexcept {
    sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  std::int64_t last_id() const { return sqlite3_last_insert_rowid(connection_.get()); }

  void expect(int answer) const {
    if (answer != SQLITE_OK) fail(answer);
  }
  [[noreturn]] void fail(int answer) const;

  sqlite3* connection() const { return connection_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };

  /// Whether nothing is in the file yet. Throws if it is not one of ours.
  bool begins();

  std::string path_;
  std::unique_ptr<sqlite3, Closer> connection_;
};

void PointStore::Database::fail(int answer) const {
  std::string message;
  const int primary = answer & 0xff;  // of an extended code
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      message = "is in use by another program; allowed is one sweep at a time in a folder";
      break;
    case SQLITE_NOTADB:
      message = "holds something else; allowed is a file that dysta sweep wrote, or none";
      break;
    case SQLITE_CORRUPT:
      message = "is damaged; allowed is a file as dysta sweep left it, or none";
      break;
    default: {
      const bool of_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
      const int cause = of_system ? sqlite3_system_errno(connection_.get()) : 0;
      message = std::string("cannot be written: ") +
                (cause != 0 ? std::strerror(cause) : sqlite3_errstr(answer)) +
                "; allowed is a file in a folder that can be written, with space left";
    }
  }
  throw FileError(path_, 0, message);
}

/// One prepared statement; its values are bound in order.
class PointStore::Statement {
 public:
  Statement(Database& database, std::string_view sql) : database_(database) {
    database.expect(sqlite3_prepare_v2(database.connection(), sql.data(),
                                       static_cast<int>(sql.size()), &statement_, nullptr));
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::string_view text) {
    database_.expect(sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
  }
  Statement& bind(double value) {
    database_.expect(sqlite3_bind_double(statement_, ++bound_, value));
    return *this;
  }
  Statement& bind(std::int64_t value) {
    database_.expect(sqlite3_bind_int64(statement_, ++bound_, value));
    return *this;
  }
  Statement& bind(const std::optional<double>& value) {
    if (value) return bind(*value);
    database_.expect(sqlite3_bind_null(statement_, ++bound_));
    return *this;
  }

  /// Whether there is a (next) row.
  bool step() {
    const int answer = sqlite3_step(statement_);
    if (answer != SQLITE_ROW && answer != SQLITE_DONE) database_.fail(answer);
    return answer == SQLITE_ROW;
  }

  /// Ready to be bound and run again.
  void reset() {
    sqlite3_reset(statement_);
    bound_ = 0;
  }

  std::string text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_, column);
    return bytes == nullptr ? std::string() : reinterpret_cast<const char*>(bytes);
  }
  std::int64_t whole(int column) const { return sqlite3_column_int64(statement_, column); }
  /// `kNoValue` for NULL, which SQLite makes of NaN.
  double number(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL
               ? kNoValue
               : sqlite3_column_double(statement_, column);
  }

  std::string text_of_first_row() { return step() ? text(0) : std::string(); }
  std::int64_t whole_of_first_row() { return step() ? whole(0) : 0; }

 private:
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

bool PointStore::Database::begins() {
  const auto application = Statement(*this, "PRAGMA application_id").whole_of_first_row();
  const auto schema = Statement(*this, "PRAGMA user_version").whole_of_first_row();
  const auto tables = Statement(*this, "SELECT count(*) FROM sqlite_master").whole_of_first_row();
  if (application == 0 && tables == 0) return true;
  if (application != kApplicationId) fail(SQLITE_NOTADB);
  if (schema != kSchema) {
    throw FileError(path_, 0,
                    "was written by another version of dysta (schema " + std::to_string(schema) +
                        "); allowed is schema " + std::to_string(kSchema) + ", or no file");
  }
  return false;
}

PointStore::Database::Database(const std::string& path) : path_(path) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  sqlite3* opened = nullptr;
  const int answer = sqlite3_open_v2(path.c_str(), &opened, kFlags, nullptr);
  connection_.reset(opened);  // to be closed also where it could not be opened
  expect(answer);
  if (sqlite3_db_readonly(opened, "main") == 1) fail(SQLITE_READONLY);
  run("PRAGMA locking_mode=EXCLUSIVE");
  const bool fresh = begins();
  run("PRAGMA journal_mode=WAL");
  run("PRAGMA synchronous=FULL");
  run("BEGIN EXCLUSIVE");
  if (fresh) {
    run(kTables);
    run("PRAGMA application_id=" + std::to_string(kApplicationId));
    run("PRAGMA user_version=" + std::to_string(kSchema));
  }
  run("COMMIT");
  if (Statement(*this, "PRAGMA quick_check(1)").text_of_first_row() != "ok") fail(SQLITE_CORRUPT);
}

PointStore::PointStore(const std::string& path)
    : database_(std::make_unique<Database>(path)),
      figures_(
          std::make_unique<Statement>(*database_,
                                      "SELECT metric, value FROM figures JOIN points ON point = id "
                                      "WHERE digest = ?")) {}
PointStore::~PointStore() = default;

std::optional<Summary> PointStore::find(const std::string& digest) {
  Statement& figures = *figures_;
  figures.reset();
  figures.bind(digest);
  Summary summary;
  std::size_t found = 0;
  while (figures.step()) {
    const auto name = std::find(kMetricNames.begin(), kMetricNames.end(), figures.text(0));
    if (name == kMetricNames.end()) continue;
    summary.values[static_cast<std::size_t>(name - kMetricNames.begin())] = figures.number(1);
    ++found;
  }
  return found == kMetricNames.size() ? std::optional(summary) : std::nullopt;
}

void PointStore::add(std::span<const FinishedPoint> points) {
  database_->run("BEGIN IMMEDIATE");
  try {
    Statement insert_point(*database_, "INSERT INTO points (digest) VALUES (?)");
    Statement id_of(*database_, "SELECT id FROM points WHERE digest = ?");
    Statement insert_label(
        *database_,
        "INSERT OR IGNORE INTO labels (point, scenario, rate_hz, utilisation, slo_multiplier, "
        "seed, policy) VALUES (?, ?, ?, ?, ?, ?, ?)");
    Statement delete_figures(*database_, "DELETE FROM figures WHERE point = ?");
    Statement insert_figure(*database_,
                            "INSERT INTO figures (point, metric, value) VALUES (?, ?, ?)");
    for (const FinishedPoint& point : points) {
      std::int64_t id = id_of.bind(point.digest).whole_of_first_row();
      id_of.reset();
      if (id == 0) {
        insert_point.reset();
        insert_point.bind(point.digest).step();
        id = database_->last_id();
      }
      const PointLabel& label = point.label;
      insert_label.reset();
      insert_label.bind(id)
          .bind(label.scenario)
          .bind(label.rate_hz)
          .bind(label.utilisation)
          .bind(label.slo_multiplier)
          .bind(static_cast<std::int64_t>(label.seed))
          .bind(label.policy)
          .step();
      if (find(point.digest)) continue;
      delete_figures.reset();
      delete_figures.bind(id).step();
      for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
        insert_figure.reset();
        insert_figure.bind(id).bind(kMetricNames[m]).bind(point.figures.values[m]).step();
      }
    }
    database_->run("COMMIT");
  } catch (...) {
    database_->roll_back();
    throw;
  }
}

}  // namespace dysta
