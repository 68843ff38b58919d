package tasktable_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

func queries(r faultproxy.Request) bool { return r.Operation == "Query" }

func TestBetween(t *testing.T) {
	f := newFixture(t)
	recordMinutely(t, f.Table, announcement.Failed, 5)
	recordMinutely(t, f.Table, announcement.Completed, 2)
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for name, test := range map[string]struct {
		since, until time.Time
		want         []string
	}{
		"NewestFirst": {time.Time{}, minute(9), []string{
			"failed-04", "failed-03", "failed-02", "failed-01", "failed-00"}},
		"BothEndsIncluded":   {minute(1), minute(3), []string{"failed-03", "failed-02", "failed-01"}},
		"OneMoment":          {minute(2), minute(2), []string{"failed-02"}},
		"NoneThere":          {minute(5), minute(9), nil},
		"NoneInNoTime":       {minute(3), minute(1), nil},
		"ToTheMillisecond":   {minute(1).Add(time.Millisecond), minute(2).Add(-time.Millisecond), nil},
		"AnotherZonesMoment": {minute(4).In(time.FixedZone("", 3600)), minute(9), []string{"failed-04"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := collect(t, f.Between(t.Context(), announcement.Failed, test.since, test.until))
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestListsOmitWhatIsLong: a list of tasks has counts, but no contexts and no URLs.
func TestListsOmitWhatIsLong(t *testing.T) {
	f := newFixture(t)
	recordMinutely(t, f.Table, announcement.Completed, 1)
	for task, err := range f.Between(t.Context(), announcement.Completed, noon, noon) {
		if err != nil || task.Context != nil || task.ImageURLs != nil || task.ImageCount != 2 || task.Runtime != "sdruntime" {
			t.Errorf("a list shows %+v, %v", task, err)
		}
	}
}

// TestBetweenReadsAsFarAsNeeded: a first page of a hundred, then larger ones.
func TestBetweenReadsAsFarAsNeeded(t *testing.T) {
	f := newFixture(t)
	const tasks = 130
	recordMinutely(t, f.Table, announcement.Failed, tasks)
	for name, test := range map[string]struct{ take, requests int }{
		"FirstPageOnly": {20, 1},
		"All":           {tasks, 2},
	} {
		t.Run(name, func(t *testing.T) {
			f.requests.Reset()
			var got []string
			for task, err := range f.Between(t.Context(), announcement.Failed, noon, noon.Add(24*time.Hour)) {
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, task.ID); len(got) == test.take && test.take < tasks {
					break
				}
			}
			if last := fmt.Sprintf("failed-%02d", tasks-test.take); len(got) != test.take || got[len(got)-1] != last {
				t.Errorf("%d tasks to %s, want %d to %s", len(got), got[len(got)-1], test.take, last)
			}
			if got := len(f.requests.Requests(queries)); got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
		})
	}
}

func TestErrBetween(t *testing.T) {
	f := newFixture(t)
	f.Name = "none"
	for _, err := range f.Between(t.Context(), announcement.Failed, noon, noon) {
		if err == nil {
			t.Error("a table that does not exist gave a task")
		}
		return
	}
	t.Error("a table that does not exist gave no error")
}

// everything selects what was published in the first hour.
var everything = tasktable.Selection{Statuses: tasktable.Statuses, Since: noon, Until: noon.Add(time.Hour)}

// TestCallersTasks: a list of one caller's tasks has some statuses, and the attributes of other lists.
func TestCallersTasks(t *testing.T) {
	f := newFixture(t)
	for n, caller := range []string{"ann", "bob", "ann", "", "ann", "ann"} {
		status := []announcement.Status{announcement.Failed, announcement.Completed, announcement.Running}[n%3]
		f.record(t, announcement.Announcement{TaskID: fmt.Sprint(n), Status: status, MessageID: "m", Caller: caller,
			Runtime: "r", Context: []byte("1"), PublishedAt: noon.Add(time.Duration(n) * time.Minute)})
	}
	// The newest announcement decides whose task it is.
	f.record(t, announcement.Announcement{TaskID: "5", Status: announcement.Running, MessageID: "m", Caller: "bob",
		PublishedAt: noon.Add(9 * time.Minute)})
	for name, test := range map[string]struct {
		statuses []announcement.Status
		caller   string
		want     []string
	}{
		"OK":          {tasktable.Statuses, "ann", []string{"4", "2", "0"}},
		"OKNewest":    {tasktable.Statuses, "bob", []string{"5", "1"}},
		"OKOneStatus": {[]announcement.Status{announcement.Completed}, "ann", []string{"4"}},
		"OKNone":      {tasktable.Statuses, "eve", nil},
	} {
		t.Run(name, func(t *testing.T) {
			selected := everything
			selected.Statuses, selected.Caller = test.statuses, test.caller
			if got := collect(t, f.NewestFirst(t.Context(), selected)); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	selected := everything
	selected.Caller = "ann"
	for task, err := range f.NewestFirst(t.Context(), selected) {
		if err != nil || task.Context != nil || task.Runtime != "r" || task.Status == "" || task.Caller != "ann" {
			t.Errorf("a list shows %+v, %v", task, err)
		}
	}
}

// TestNewestFirst: the tasks of several statuses are in one order, and an error ends it.
func TestNewestFirst(t *testing.T) {
	f := newFixture(t)
	recordMinutely(t, f.Table, announcement.Failed, 3)
	for _, minute := range []int{0, 1, 4} {
		f.record(t, announce(t, "m", time.Duration(minute)*time.Minute+time.Second,
			fmt.Sprintf(`{"id":"completed-%d","result":true}`, minute)))
	}
	got := collect(t, f.NewestFirst(t.Context(), everything))
	want := []string{"completed-4", "failed-02", "completed-1", "failed-01", "completed-0", "failed-00"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	f.Name = "none"
	seen := 0
	for _, err := range f.NewestFirst(t.Context(), everything) {
		if seen++; err == nil || seen > 1 {
			t.Errorf("after %d errors: %v", seen, err)
		}
	}
}
