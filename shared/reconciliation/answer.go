package reconciliation

import (
	"cmp"
	"slices"
	"time"
)

// Answer is the reconcile function's response.
type Answer struct {
	Counts
	// Findings has the first [MaxFindings] runs that don't agree.
	Findings []Finding `json:"findings,omitempty"`
	// More has the remaining ranges of the bucket: call again with them as Continue. It is
	// empty once everything has been compared.
	More []Range `json:"more,omitempty"`
}

// MaxFindings is the maximum number of findings in an [Answer].
const MaxFindings = 100

// Counts are numbers of runs, unless they say otherwise. A run is counted once.
type Counts struct {
	// Objects is how many objects of the output bucket were listed. Foreign is how many of
	// them have keys that the guidance doesn't write.
	Objects int `json:"objects"`
	Foreign int `json:"foreign,omitempty"`
	// Runs is how many runs were compared, and Kinds counts them by kind.
	Runs  int          `json:"runs"`
	Kinds map[Kind]int `json:"kinds"`
	// Repaired is how many runs were repaired. Failed is how many repairs failed.
	Repaired int `json:"repaired,omitempty"`
	Failed   int `json:"failed,omitempty"`
	// Throttled is how many invocations Lambda throttled. Reconcile retried them, so they are
	// not failures.
	Throttled int `json:"throttled,omitempty"`
	// Requests is how many requests went to S3 and DynamoDB.
	Requests int `json:"requests"`
}

// Kind is the result of comparing a run.
type Kind string

// The kinds.
const (
	// Agreeing: the table has the run, and its objects are delivered.
	Agreeing Kind = "agreeing"
	// MissingInTable: the table doesn't have the run. Its announcement was lost.
	MissingInTable Kind = "missing in table"
	// MissingImage: one of the run's objects is not in the delivery bucket, or the table
	// doesn't have its delivery.
	MissingImage Kind = "missing image"
	// Removed: the table says that an object was delivered, but it is no longer in the delivery
	// bucket.
	Removed Kind = "delivered and removed"
	// Different: the delivery bucket has an object of another size.
	Different Kind = "delivered but different"
	// WithoutObjects: announced objects are not in the output bucket.
	WithoutObjects Kind = "announced, but its files are missing"
	// Expired: the run is older than the table's retention.
	Expired Kind = "expired"
	// Pending: the run doesn't agree, but ended less than [Settled] ago. Lambda may still be
	// retrying its announcement.
	Pending Kind = "pending"
	// Undecidable: the objects and the table don't show what the run's state is.
	Undecidable Kind = "undecidable"
)

// Kinds has all kinds, in the order in which reports show them.
var Kinds = []Kind{
	MissingInTable, MissingImage, Different, WithoutObjects, Removed, Undecidable, Pending, Expired, Agreeing,
}

// Quiet reports whether runs of the kind are only counted. Findings has the runs of all other
// kinds.
func (k Kind) Quiet() bool { return k == Agreeing || k == Expired || k == Pending }

// Finding is a run that doesn't agree.
type Finding struct {
	Kind Kind `json:"kind"`
	// TaskID is "" if the keys don't give it.
	TaskID string `json:"taskId,omitempty"`
	// Run is the beginning of its objects' keys.
	Run string `json:"run"`
	// EndedAt is when the run's last object was written.
	EndedAt time.Time `json:"endedAt,omitzero"`
	// Reason tells a person what is missing, or why the run is undecidable.
	Reason string `json:"reason,omitempty"`
	// Repaired reports whether the run was repaired. Error is why the repair failed.
	Repaired bool   `json:"repaired,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Compare orders findings by kind, then by run.
func (f Finding) Compare(other Finding) int {
	return cmp.Or(cmp.Compare(slices.Index(Kinds, f.Kind), slices.Index(Kinds, other.Kind)),
		cmp.Compare(f.Run, other.Run))
}
