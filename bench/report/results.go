// Package report writes docs/performance.md and its plots from the results of one
// run of the benchmark. It measures nothing, and no figure in the page has another
// source than [Results].
package report

import "time"

// Results are what one run of the benchmark measured. A part that was not measured
// stays empty; the page then says so, with the reason from Missing.
type Results struct {
	Machine     Machine
	Date        time.Time
	Command     string // what was typed, such as "go run ./bench"
	Trials      int    // starts of each function, for ColdStarts
	Flows       []FlowResult
	ColdStarts  []ColdStart
	MemorySizes []MemorySize
	Scale       []ScaleResult
	Directory   []DirectoryResult
	Costs       Costs
	Steps       []StepResult
	Missing     map[string]string `json:",omitempty"` // from a part ("flows", "coldstarts", "memory", "scale", "directory", "costs", "steps") to the reason, a sentence
}

// Machine is where the benchmark ran.
type Machine struct {
	CPU        string // the model
	Cores      int
	MemoryMiB  int
	OS         string // such as "linux/amd64"
	Go         string
	PostgreSQL string
	Commit     string
}

// The subjects of a FlowResult.
const (
	Roster = "roster"
	Limit  = "limit"
)

// FlowResult is one flow against one subject with one number of clients. The
// processor times are milliseconds for each request.
type FlowResult struct {
	Flow          string // get, login, register, refresh
	Clients       int
	Subject       string // Roster or Limit
	RPS           float64
	P50ms         float64
	P99ms         float64
	ServerCPUms   float64
	DatabaseCPUms float64
	ServerMiB     float64
}

// ColdStart is what the starts of one function cost. The milliseconds are medians
// where no percentile is named.
type ColdStart struct {
	Function      string // its folder; "hello" is the smallest function possible
	Status        int    // of the answers; 0 for a function without a route
	InitP50ms     float64
	InitP99ms     float64
	InitCPUms     float64
	FirstMs       float64
	WarmMs        float64
	InitMiB       float64 // resident after the start
	FirstMiB      float64 // resident after the first invocation
	PeakMiB       float64 // the most that was resident until then
	BinaryMiB     float64
	InitRatio     float64 // to hello's
	InitCPURatio  float64
	ResidentRatio float64
	BinaryRatio   float64
}

// MemorySize is one flow under the processor share that Lambda gives to a memory
// size.
type MemorySize struct {
	Flow      string // get, login, register, refresh, jwks
	MemoryMB  int
	Share     float64 // of one core
	WarmMs    float64 // median
	GBSeconds float64 // of one request
}

// ScaleResult is GET with a number of accounts.
type ScaleResult struct {
	Users         int
	P50ms         float64
	DatabaseCPUms float64
}

// DirectoryResult is one way to read the directory of 1,000,000 accounts. The first
// is GET of one account by its username.
type DirectoryResult struct {
	What          string
	P50ms         float64
	P99ms         float64
	SlowestMs     float64 // of all requests
	DatabaseCPUms float64
}

// Costs are US dollars by list prices.
type Costs struct {
	PricesRead string // the date on which the newest prices were read
	Logins     []LoginCost
	Month      []MonthCost
	Users      int    // active users of Month
	Pattern    string // what each of them does in a month, a sentence
}

// LoginCost is a million logins by memory size.
type LoginCost struct {
	MemoryMB   int
	Arm64, X86 float64 // Lambda's time and requests, and those of the gateway
}

// MonthCost is one service for a month of Users.
type MonthCost struct {
	Service string
	Dollars float64
	Basis   string // how it is counted, a sentence
	URL     string
	Read    string // date
}

// StepResult is what one step of the work on speed gave, in the order in which the
// steps were done.
type StepResult struct {
	Step   string
	Commit string
	What   string // what was measured, such as "GET, database CPU ms"
	Before float64
	After  float64
}
