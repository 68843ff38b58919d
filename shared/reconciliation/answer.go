package reconciliation

import (
	"cmp"
	"slices"
	"time"
)

// Answer is the reconcile function's response.
type Answer struct {
	Counts
	// Findings has the first [MostFindings] runs that do not agree.
	Findings []Finding `json:"findings,omitempty"`
	// More are the parts of the bucket that this call did not get to: call again
	// with them as Continue. They are none once everything has been looked at.
	More []Range `json:"more,omitempty"`
}

// MostFindings is the largest number of findings in an [Answer].
const MostFindings = 100

// Counts are numbers of runs, unless they say otherwise. A run is counted once.
type Counts struct {
	// Objects is how many objects of the output bucket were looked at; Foreign,
	// how many of them are not the publisher's results by their keys.
	Objects int `json:"objects"`
	Foreign int `json:"foreign,omitempty"`
	// Runs is how many runs were compared: all of those below.
	Runs int `json:"runs"`
	// Kinds counts them by what was found.
	Kinds map[Kind]int `json:"kinds"`
	// Repaired is how many were repaired, and Failed how many could not be.
	Repaired int `json:"repaired,omitempty"`
	Failed   int `json:"failed,omitempty"`
	// Throttled is how many invocations Lambda throttled. They were retried, and
	// are not failures.
	Throttled int `json:"throttled,omitempty"`
	// Requests is how many requests S3 and DynamoDB got.
	Requests int `json:"requests"`
}

// Kind is what was found of a run.
type Kind string

// The kinds.
const (
	// Agreeing: the table knows the run, and what it left is delivered.
	Agreeing Kind = "agreeing"
	// MissingInTable: the table does not know the run: its announcement was lost.
	MissingInTable Kind = "missing in table"
	// MissingImage: something that the run left is not in the delivery bucket, or
	// the table does not know that it is.
	MissingImage Kind = "missing image"
	// Removed: the table says that it was delivered, but it is not in the
	// delivery bucket any more.
	Removed Kind = "delivered and removed"
	// Different: another object is there, of another size.
	Different Kind = "delivered but different"
	// WithoutObjects: what was announced is not in the output bucket.
	WithoutObjects Kind = "announced but no objects"
	// Expired: the table keeps tasks for a shorter time than the run is old.
	Expired Kind = "expired"
	// Undecidable: what there is allows no conclusion.
	Undecidable Kind = "undecidable"
)

// Kinds are all of them, in the order of reports.
var Kinds = []Kind{
	MissingInTable, MissingImage, Different, WithoutObjects, Removed, Undecidable, Expired, Agreeing,
}

// Finding is a run that does not agree.
type Finding struct {
	Kind Kind `json:"kind"`
	// TaskID is "" where the keys do not tell.
	TaskID string `json:"taskId,omitempty"`
	// Run is what the keys of its objects begin with.
	Run string `json:"run"`
	// EndedAt is when the run's raw output was written.
	EndedAt time.Time `json:"endedAt,omitzero"`
	// Reason is what is missing, or why nothing can be told, for a person.
	Reason string `json:"reason,omitempty"`
	// Repaired tells that it was repaired, Error why it could not be.
	Repaired bool   `json:"repaired,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Compare orders findings by kind, then by run.
func (f Finding) Compare(other Finding) int {
	return cmp.Or(cmp.Compare(slices.Index(Kinds, f.Kind), slices.Index(Kinds, other.Kind)),
		cmp.Compare(f.Run, other.Run))
}
