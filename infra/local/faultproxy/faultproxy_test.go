package faultproxy_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
)

// start puts a proxy in front of a server that answers every request with 201
// and "done", and counts them.
func start(t *testing.T) (proxy *faultproxy.Proxy, served *atomic.Int64) {
	t.Helper()
	served = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "done")
	}))
	t.Cleanup(server.Close)
	proxy = faultproxy.Start(server.URL)
	t.Cleanup(proxy.Close)
	return proxy, served
}

// call posts to a path; Go does not retry a POST by itself.
func call(t *testing.T, proxy *faultproxy.Proxy, path string) (status int, body string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, proxy.URL+path, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810.UpdateItem")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func wantDone(t *testing.T, proxy *faultproxy.Proxy) {
	t.Helper()
	if status, body, err := call(t, proxy, "/"); status != http.StatusCreated || body != "done" || err != nil {
		t.Errorf("answered %d %q, %v", status, body, err)
	}
}

func wantReset(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("error is %v, want a broken connection", err)
	}
}

func TestForward(t *testing.T) {
	proxy, _ := start(t)
	if status, body, err := call(t, proxy, "/a%2Fb?q=1"); status != http.StatusCreated || body != "done" || err != nil {
		t.Errorf("answered %d %q, %v", status, body, err)
	}
	requests := proxy.Requests(nil)
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	got := requests[0]
	if got.Method != http.MethodPost || got.Path != "/a%2Fb" || got.Query != "q=1" {
		t.Errorf("recorded %s %s ? %s", got.Method, got.Path, got.Query)
	}
	if got.Operation != "UpdateItem" || got.Status != http.StatusCreated {
		t.Errorf("recorded operation %q, status %d", got.Operation, got.Status)
	}
	none := proxy.Requests(func(r faultproxy.Request) bool { return r.Operation == "GetItem" })
	if proxy.Reset(); len(none) != 0 || len(proxy.Requests(nil)) != 0 {
		t.Errorf("%d requests match, %d are left after Reset", len(none), len(proxy.Requests(nil)))
	}
}

func TestServerGone(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	proxy := faultproxy.Start(server.URL)
	defer proxy.Close()
	if status, _, err := call(t, proxy, "/"); status != http.StatusBadGateway || err != nil {
		t.Errorf("answered %d, %v", status, err)
	}
}

func TestCut(t *testing.T) {
	proxy, served := start(t)
	proxy.Inject(faultproxy.Fault{Times: 1, Do: faultproxy.Cut})
	_, _, err := call(t, proxy, "/")
	wantReset(t, err)
	if served.Load() != 0 || proxy.Requests(nil)[0].Status != 0 {
		t.Errorf("the server was asked %d times, status %d", served.Load(), proxy.Requests(nil)[0].Status)
	}
	wantDone(t, proxy)
}

func TestLoseAnswer(t *testing.T) {
	proxy, served := start(t)
	proxy.Inject(faultproxy.Fault{Times: 1, Do: faultproxy.LoseAnswer})
	_, _, err := call(t, proxy, "/")
	wantReset(t, err)
	if served.Load() != 1 {
		t.Errorf("the server was asked %d times", served.Load())
	}
	localtest.Await(t, time.Minute, "the lost answer's status is recorded", func() bool {
		return proxy.Requests(nil)[0].Status == http.StatusCreated
	})
	wantDone(t, proxy)
}

func TestReply(t *testing.T) {
	proxy, served := start(t)
	proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusServiceUnavailable, "text/plain", "no")})
	status, body, err := call(t, proxy, "/")
	if status != http.StatusServiceUnavailable || body != "no" || err != nil || served.Load() != 0 {
		t.Errorf("answered %d %q, %v after %d requests", status, body, err, served.Load())
	}
}

func TestDelay(t *testing.T) {
	const wait = 50 * time.Millisecond
	proxy, _ := start(t)
	proxy.Inject(faultproxy.Fault{Do: faultproxy.Delay(wait)})
	begin := time.Now()
	wantDone(t, proxy)
	if took := time.Since(begin); took < wait {
		t.Errorf("it took %v", took)
	}
}

// TestDelayOfNobody: a delayed request of a client that gave up doesn't block Close, even if its body was not read.
func TestDelayOfNobody(t *testing.T) {
	proxy, _ := start(t)
	proxy.Inject(faultproxy.Fault{Do: faultproxy.Delay(time.Hour)})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		localtest.Await(t, time.Minute, "a request", func() bool { return len(proxy.Requests(nil)) > 0 })
		cancel()
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, proxy.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.DefaultClient.Do(request); err == nil {
		t.Error("the request was answered")
	}
	closed := make(chan struct{})
	go func() {
		proxy.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("Close waits for the delay")
	}
}

func TestInject(t *testing.T) {
	unavailable := faultproxy.Reply(http.StatusServiceUnavailable, "text/plain", "")
	statuses := func(t *testing.T, proxy *faultproxy.Proxy, paths ...string) (got []int) {
		t.Helper()
		for _, path := range paths {
			status, _, err := call(t, proxy, path)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, status)
		}
		return got
	}
	t.Run("OKHitsWhatMatchesAsOftenAsItSays", func(t *testing.T) {
		proxy, _ := start(t)
		proxy.Inject(faultproxy.Fault{
			Match: func(r faultproxy.Request) bool { return r.Path == "/k" }, Times: 2, Do: unavailable,
		})
		got := statuses(t, proxy, "/other", "/k", "/k", "/k")
		if want := [4]int{201, 503, 503, 201}; [4]int(got) != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("OKLastsUntilItIsEnded", func(t *testing.T) {
		proxy, _ := start(t)
		end := proxy.Inject(faultproxy.Fault{Do: unavailable})
		before := statuses(t, proxy, "/", "/", "/")
		end()
		if after := statuses(t, proxy, "/"); [3]int(before) != [3]int{503, 503, 503} || after[0] != 201 {
			t.Errorf("got %v, then %v", before, after)
		}
	})
	t.Run("OKFirstOfSeveralWins", func(t *testing.T) {
		proxy, _ := start(t)
		proxy.Inject(faultproxy.Fault{Times: 1, Do: unavailable})
		proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusConflict, "text/plain", "")})
		if got := statuses(t, proxy, "/", "/"); [2]int(got) != [2]int{503, 409} {
			t.Errorf("got %v", got)
		}
	})
}
