package tasktable_test

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// recordMinutely records tasks STATUS-00, STATUS-01, …, one a minute from noon.
func recordMinutely(t *testing.T, to *tasktable.Table, status announcement.Status, tasks int) {
	t.Helper()
	for n := range tasks {
		a := announcement.Announcement{
			TaskID: fmt.Sprintf("%s-%02d", status, n), Status: status, MessageID: "m", Runtime: "sdruntime",
			PublishedAt: noon.Add(time.Duration(n) * time.Minute), Context: []byte(`{"n":1}`),
		}
		if status == announcement.Completed {
			a.ImageURLs = []string{"s3://b/1", "s3://b/2"}
		}
		if _, err := to.Record(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
}

func collect(t *testing.T, tasks iter.Seq2[tasktable.Task, error]) (ids []string) {
	t.Helper()
	for task, err := range tasks {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, task.ID)
	}
	return ids
}

func TestGet(t *testing.T) {
	f := newFixture(t)
	t.Run("OK", func(t *testing.T) {
		id := newID()
		f.record(t, announce(t, "m1", 0, `{"id":"`+id+`","status":"running"}`))
		f.record(t, announce(t, "m2", 5*time.Second, `{"id":"`+id+`","result":true,"runtime":"sdruntime",`+
			`"image_url":["s3://b/1","s3://b/2"],"context":{"n":1}}`))
		task, err := f.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		want := tasktable.Task{
			ID: id, Status: announcement.Completed, Runtime: "sdruntime", Context: []byte(`{"n":1}`),
			UpdatedAt: noon.Add(5 * time.Second), StartedAt: noon, FinishedAt: noon.Add(5 * time.Second),
			ExpiresAt:  noon.Add(5 * time.Second).Add(retention),
			Runs:       1,
			ImageCount: 2, ImageURLs: []string{"s3://b/1", "s3://b/2"}, MessageID: "m2",
		}
		if !reflect.DeepEqual(task, want) {
			t.Errorf("got  %+v\nwant %+v", task, want)
		}
		if duration, known := task.Duration(); !known || duration != 5*time.Second {
			t.Errorf("duration is %v, known: %t", duration, known)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		if _, err := f.Get(t.Context(), "no such task"); !errors.Is(err, tasktable.ErrNotFound) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestDetails: attributes that are not fields of Task can be read by name.
func TestDetails(t *testing.T) {
	f := newFixture(t)
	id := f.writeEverything(t, documents["Omitted"], lists["cut short"])
	details, err := f.Details(t.Context(), id)
	if err != nil || details.Task.ID != id {
		t.Fatalf("got %q, %v", details.Task.ID, err)
	}
	for name, want := range map[string]any{
		"message_id": "m2", "image_count": 400, "extra_omitted": true, "error": nil, "internal_runs": nil,
	} {
		if got := details.Attribute(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	delivered, _ := details.Attribute("delivered").([]string)
	if len(delivered) == 0 || !slices.Equal(delivered, details.Task.Delivered) {
		t.Errorf("delivered has %d elements", len(delivered))
	}
	if _, err := f.Details(t.Context(), "no such task"); !errors.Is(err, tasktable.ErrNotFound) {
		t.Errorf("error is %v", err)
	}
}

// TestGetByALongerID: a caller may know a longer id than the guidance announces.
func TestGetByALongerID(t *testing.T) {
	f := newFixture(t)
	announced := strings.Repeat("画", announcement.AnnouncedIDCharacters)
	whole := announced + "-whole"
	for _, id := range []string{announced, whole} {
		f.record(t, announce(t, "m", 0, `{"id":"`+id+`","result":true}`))
	}
	for name, test := range map[string]struct{ id, want string }{
		"IdAsAnnounced":      {announced, announced},
		"IdAsGivenGoesFirst": {whole, whole},
		"LongerId":           {announced + "-other", announced},
		"IdTooLongForAKey":   {announced + strings.Repeat("x", announcement.MaxIDBytes), announced},
	} {
		t.Run(name, func(t *testing.T) {
			if task, err := f.Get(t.Context(), test.id); err != nil || task.ID != test.want {
				t.Errorf("got %q, %v", task.ID, err)
			}
		})
	}
	t.Run("ErrNotFound", func(t *testing.T) {
		if _, err := f.Get(t.Context(), strings.Repeat("y", 5000)); !errors.Is(err, tasktable.ErrNotFound) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestGetSaysWhatIsUnknown: unknown and omitted values are different from empty
// values.
func TestGetSaysWhatIsUnknown(t *testing.T) {
	f := newFixture(t)
	t.Run("DurationWithoutAStart", func(t *testing.T) {
		id := newID()
		f.record(t, announce(t, "m", 0, `{"id":"`+id+`","result":true}`))
		task, err := f.Get(t.Context(), id)
		if _, known := task.Duration(); err != nil || known {
			t.Errorf("known: %t, error: %v", known, err)
		}
	})
	t.Run("OmittedContext", func(t *testing.T) {
		id := newID()
		f.record(t, announce(t, "m", 0, `{"id":"`+id+`","result":true,"context":"`+strings.Repeat("x", 400<<10)+`"}`))
		task, err := f.Get(t.Context(), id)
		if err != nil || !task.ContextOmitted || task.Context != nil {
			t.Errorf("got %+v, %v", task, err)
		}
	})
}

// TestExpired: items that DynamoDB has yet to delete count as deleted.
func TestExpired(t *testing.T) {
	own := newFixture(t).Table
	recordMinutely(t, own, announcement.Failed, 3)
	brief := &tasktable.Table{Client: own.Client, Name: own.Name, Retention: time.Second}
	expired := announce(t, "m", time.Hour, `{"id":"expired","result":false}`)
	if _, err := brief.Record(t.Context(), expired); err != nil {
		t.Fatal(err)
	}
	if _, err := own.Get(t.Context(), "expired"); !errors.Is(err, tasktable.ErrNotFound) {
		t.Errorf("Get: error is %v", err)
	}
	got := collect(t, own.Between(t.Context(), announcement.Failed, noon, noon.Add(2*time.Hour)))
	if want := []string{"failed-02", "failed-01", "failed-00"}; !slices.Equal(got, want) {
		t.Errorf("Between lists %v, want %v", got, want)
	}
}

func TestRunningLongerThan(t *testing.T) {
	own := newFixture(t).Table
	recordMinutely(t, own, announcement.Running, 5)
	// Started again a moment ago, which doesn't make it a new task.
	again := announce(t, "again", 12*time.Minute, `{"id":"running-00","status":"running"}`)
	if _, err := own.Record(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	got := collect(t, own.RunningLongerThan(t.Context(), 10*time.Minute, noon.Add(12*time.Minute)))
	if want := []string{"running-01", "running-00"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
