package tasktable_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

func TestQueries(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	year := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range 25 {
		for _, status := range []announcement.Status{announcement.Running, announcement.Completed, announcement.Failed} {
			a := announcement.Announcement{TaskID: fmt.Sprintf("%s-%02d", status, n), Status: status, MessageID: "m",
				PublishedAt: year.Add(time.Duration(n) * time.Minute), Runtime: "sdruntime", Context: []byte(`{"n":1}`)}
			if status == announcement.Completed {
				a.ImageURLs = []string{"s3://b/1", "s3://b/2"}
			}
			f.record(t, a)
		}
	}
	collect := func(tasks iter.Seq2[tasktable.Task, error]) (ids []string) {
		t.Helper()
		for task, err := range tasks {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, task.ID)
		}
		return ids
	}
	t.Run("Get reads everything", func(t *testing.T) {
		task, err := f.Get(ctx, "completed-07")
		if err != nil {
			t.Fatal(err)
		}
		if task.Status != announcement.Completed || task.Runtime != "sdruntime" || string(task.Context) != `{"n":1}` ||
			!slices.Equal(task.ImageURLs, []string{"s3://b/1", "s3://b/2"}) || !task.FinishedAt.Equal(year.Add(7*time.Minute)) ||
			!task.ExpiresAt.Equal(year.Add(7*time.Minute).Add(retention)) {
			t.Errorf("got %+v", task)
		}
		if _, known := task.Duration(); known {
			t.Error("the duration is known although no start was announced")
		}
	})
	t.Run("Get says that there is none", func(t *testing.T) {
		if _, err := f.Get(ctx, "no such task"); !errors.Is(err, tasktable.ErrNotFound) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("expired items count as gone", func(t *testing.T) {
		id := newID()
		a := announce(t, "m", -365*24*time.Hour, `{"id":"`+id+`","result":false}`)
		f.record(t, a)
		if _, err := f.Get(ctx, id); !errors.Is(err, tasktable.ErrNotFound) {
			t.Errorf("error is %v", err)
		}
		if slices.Contains(collect(f.FailuresSince(ctx, a.PublishedAt)), id) {
			t.Error("it is listed")
		}
	})
	t.Run("Newest pages through a status", func(t *testing.T) {
		var pages [][]string
		for next, more := "", true; more && len(pages) < 3; more = next != "" {
			tasks, token, err := f.Newest(ctx, announcement.Completed, 10, next)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, task := range tasks {
				if ids = append(ids, task.ID); task.Context != nil || task.ImageCount != 2 && task.UpdatedAt.Year() == 2099 {
					t.Errorf("a list shows %+v", task)
				}
			}
			pages, next = append(pages, ids), token
		}
		if pages[0][0] != "completed-24" || pages[0][9] != "completed-15" ||
			pages[1][0] != "completed-14" || pages[2][0] != "completed-04" {
			t.Errorf("got %v", pages)
		}
	})
	t.Run("Newest refuses a page that is none", func(t *testing.T) {
		if _, _, err := f.Newest(ctx, announcement.Completed, 10, "?"); err == nil {
			t.Error("no error")
		}
	})
	t.Run("FailuresSince", func(t *testing.T) {
		got := collect(f.FailuresSince(ctx, year.Add(22*time.Minute)))
		if want := []string{"failed-22", "failed-23", "failed-24"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("RunningLongerThan", func(t *testing.T) {
		got := collect(f.RunningLongerThan(ctx, 10*time.Minute, year.Add(12*time.Minute)))
		if want := []string{"running-00", "running-01"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
