package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/reconciliation"
)

func TestStopTime(t *testing.T) {
	for name, test := range map[string]struct {
		deadline time.Duration // 0 for none
		seconds  int
		want     time.Duration // 0 for never
	}{
		"OKMinuteBeforeDeadline": {10 * time.Minute, 0, 9 * time.Minute},
		"OKHalfOfShortTime":      {time.Minute, 0, 30 * time.Second},
		"OKRequested":            {10 * time.Minute, 20, 20 * time.Second},
		"OKRequestedTooLate":     {10 * time.Minute, 3600, 9 * time.Minute},
		"OKRequestedAlone":       {0, 20, 20 * time.Second},
		"OKNever":                {0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, now := t.Context(), time.Now()
			if test.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, now.Add(test.deadline))
				defer cancel()
			}
			got := stopTime(ctx, reconciliation.Request{Seconds: test.seconds})
			if got.IsZero() != (test.want == 0) {
				t.Fatalf("got %v", got)
			}
			if off := got.Sub(now) - test.want; !got.IsZero() && (off < -5*time.Second || off > 5*time.Second) {
				t.Errorf("it stops %v after now, want %v", got.Sub(now), test.want)
			}
		})
	}
}

// TestTimesFitTogether: an attempt at a listing that hangs must leave time to compare and to answer.
func TestTimesFitTogether(t *testing.T) {
	if listTimeout >= ending {
		t.Errorf("a listing may take %v of the %v before the end", listTimeout, ending)
	}
	if reserve < 10*time.Second || reserve >= ending {
		t.Errorf("%v of %v are kept for the answer", reserve, ending)
	}
}

func TestMaxImages(t *testing.T) {
	for name, test := range map[string]struct {
		images int
		ok     bool
	}{"OK": {4000, true}, "ErrTooMany": {4001, false}} {
		t.Run(name, func(t *testing.T) {
			var got *run
			g := grouper{complete: func(r *run) { got = r }}
			for n := range test.images {
				g.add(object{key: fmt.Sprintf("t/t-aaaa-%d.png", n+1)})
			}
			g.add(object{key: "t/t-aaaa.out"})
			g.close()
			if (got.problem == nil) != test.ok || len(got.images) != 4000 {
				t.Errorf("%d images, %v", len(got.images), got.problem)
			}
		})
	}
}

// TestConcurrency: eight workers list at once, and each reads eight raw outputs at once.
func TestConcurrency(t *testing.T) {
	t.Run("OKListings", func(t *testing.T) {
		w := newWorld(t, nil)
		w.asDeployed()
		w.store.Proxy.Inject(faultproxy.Fault{Match: isList, Do: localtest.AtOnce(t, 8)})
		var ranges []reconciliation.Range
		for n := range 24 {
			ranges = append(ranges, reconciliation.Range{After: fmt.Sprintf("%02d", n), To: fmt.Sprintf("%02d", n+1)})
		}
		w.reconcile(t, reconciliation.Request{Continue: ranges})
	})
	t.Run("OKRawOutputs", func(t *testing.T) {
		w := newWorld(t, nil)
		w.asDeployed()
		for n := range 24 {
			w.end(t, 0, fmt.Sprintf("t%d", n), "aaaa", 0)
		}
		w.store.Proxy.Inject(faultproxy.Fault{Match: isRead, Do: localtest.AtOnce(t, 8)})
		if answer := w.reconcile(t, reconciliation.Request{}); answer.Runs != 24 {
			t.Errorf("got %+v", answer)
		}
	})
}

// TestComparesOnTheWay: workers compare listed runs before the end of the range, so that a failure on a later page
// doesn't lose them.
func TestComparesOnTheWay(t *testing.T) {
	w := newWorld(t, nil)
	w.asDeployed()
	for n := range 501 { // two objects each: more than a page
		w.end(t, 0, fmt.Sprintf("t%04d", n), "aaaa", 1)
	}
	w.store.Proxy.Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool { return isList(r) && strings.Contains(r.Query, "start-after=t0499") },
		Do:    faultproxy.Reply(http.StatusForbidden, "application/xml", "<Error><Code>AccessDenied</Code></Error>"),
	})
	answer, err := w.Handle(t.Context(), []byte("{}"))
	if err == nil || answer.Runs < 200 {
		t.Errorf("%d runs were compared, error is %v", answer.Runs, err)
	}
}
