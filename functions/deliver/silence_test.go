package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
)

// shortly lets the copier's clients wait for less time, and retry without a pause.
func (c *Copier) shortly(silence, longSilence time.Duration) {
	for client, wait := range map[**s3.Client]time.Duration{
		&c.Client: silence, &c.SourceClient: silence, &c.Patient: longSilence,
	} {
		options := (*client).Options()
		options.HTTPClient, options.Retryer = newHTTPClient(wait), localtest.ImpatientRetryer(options.Retryer)
		*client = s3.New(options)
	}
}

// hang never answers.
func hang(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() }

// TestSilentCopy: if S3 sends nothing, deliver repeats the copy with enough time for the largest object.
func TestSilentCopy(t *testing.T) {
	const silence, longSilence = 300 * time.Millisecond, time.Minute
	f := newFiles(t)
	f.shortly(silence, longSilence)
	for name, test := range map[string]struct {
		times int // how often it happens; 0 for always
		do    func(http.ResponseWriter, *http.Request, http.Handler)
		want  string // the requests' methods
		kind  *kind  // nil for delivered
	}{
		"OK":              {times: 1, do: hang, want: "PUT PUT"},
		"OKTwice":         {times: 2, do: hang, want: "PUT PUT PUT"},
		"OKSlow":          {do: faultproxy.Delay(2 * silence), want: "PUT PUT PUT"},
		"OKSpaces":        {do: dripping(silence), want: "PUT"},
		"OKCopiedAlready": {times: 1, do: losing, want: "PUT PUT HEAD HEAD"},
		"ErrSourceGone": {times: 1, want: "PUT PUT HEAD", kind: missing,
			do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				key := aws.String("ErrSourceGone")
				_, err := f.past.DeleteObject(r.Context(), &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: key})
				if err != nil {
					t.Error(err)
				}
				hang(w, r, forward)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			f.proxy.Reset()
			f.put(t, "source", name, "hello")
			f.proxy.Inject(faultproxy.Fault{Match: isCopyObject, Times: test.times, Do: test.do})
			start := time.Now()
			got := f.deliver(t, name)
			if (got.failure == nil) != (test.kind == nil) || got.failure != nil && got.failure.kind != test.kind {
				t.Errorf("got %+v", got.failure)
			}
			if took := time.Since(start); took > longSilence/2 {
				t.Errorf("it took %v", took)
			}
			methods := ""
			for _, r := range f.proxy.Requests(nil) {
				methods += " " + r.Method
			}
			if methods != " "+test.want {
				t.Errorf("the requests are%s, want %s", methods, test.want)
			}
		})
	}
}

// TestSilentForever: deliver gives up a copy after one long silence, so that it can record the failure.
func TestSilentForever(t *testing.T) {
	f := newFiles(t)
	f.shortly(100*time.Millisecond, 300*time.Millisecond)
	f.put(t, "source", "k", "hello")
	f.proxy.Inject(faultproxy.Fault{Match: isCopyObject, Do: hang})
	got := f.deliver(t, "k")
	copies := f.proxy.Requests(isCopyObject)
	if got.failure == nil || got.failure.kind != unavailable || len(copies) != 3 ||
		!strings.Contains(got.failure.err.Error(), "sent nothing for 300ms") {
		t.Errorf("after %d copies, the failure is %+v", len(copies), got.failure)
	}
}

// losing passes a request on, and never answers.
func losing(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	forward.ServeHTTP(httptest.NewRecorder(), r)
	hang(w, r, forward)
}

// dripping sends spaces for longer than the allowed silence, with short pauses.
func dripping(silence time.Duration) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		answer := httptest.NewRecorder()
		forward.ServeHTTP(answer, r)
		w.Header().Set("X-Amz-Request-Id", "1")
		for range 8 {
			_, _ = w.Write([]byte(" "))
			_ = http.NewResponseController(w).Flush()
			<-time.After(silence / 4) // a slow server's pace
		}
		_, _ = w.Write(bytes.TrimPrefix(answer.Body.Bytes(), []byte(xml.Header)))
	}
}

// TestSlowCompletion: S3 may take minutes to complete an upload, while it sends spaces.
func TestSlowCompletion(t *testing.T) {
	const longSilence = 300 * time.Millisecond
	f := newFiles(t)
	f.tooLarge()
	f.put(t, "source", "k", "hello")
	f.shortly(time.Minute, longSilence)
	isCompletion := func(r faultproxy.Request) bool {
		return r.Method == http.MethodPost && strings.Contains(r.Query, "uploadId=")
	}
	f.proxy.Inject(faultproxy.Fault{Match: isCompletion, Do: dripping(longSilence)})
	got := f.deliver(t, "k")
	if n := len(f.proxy.Requests(isCompletion)); got.failure != nil || n != 1 {
		t.Errorf("after %d requests, got %+v", n, got)
	}
}

// TestOthersGoOn: while one copy takes long, deliver completes all other copies of the task.
func TestOthersGoOn(t *testing.T) {
	const images = 2 * concurrency
	store, copier := newStore(t)
	var uris []string
	for n := range images {
		key := fmt.Sprint(n, ".png")
		put(t, store, key)
		uris = append(uris, "s3://source/"+key)
	}
	isDone := func(r faultproxy.Request) bool { return r.Status == http.StatusOK }
	store.Proxy.Inject(faultproxy.Fault{Times: 1, Match: isCopyObject,
		Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			for len(store.Proxy.Requests(isDone)) < images-1 && r.Context().Err() == nil {
				<-time.After(5 * time.Millisecond)
			}
			forward.ServeHTTP(w, r)
		}})
	for _, got := range copier.CopyAll(t.Context(), uris, "") {
		if got.failure != nil {
			t.Error(got.failure.err)
		}
	}
	if copies := len(store.Proxy.Requests(isCopyObject)); copies != images {
		t.Errorf("%d copies were sent for %d images: one was given up before the others were done", copies, images)
	}
}

// TestManyAtOnce: exactly as many copies run at once as concurrency says.
func TestManyAtOnce(t *testing.T) {
	const atOnce = 32
	store, copier := newStore(t)
	var uris []string
	for n := range 3 * atOnce / 2 {
		put(t, store, fmt.Sprint(n))
		uris = append(uris, fmt.Sprint("s3://source/", n))
	}
	var running, most atomic.Int64
	full := make(chan struct{})
	release := sync.OnceFunc(func() { close(full) })
	store.Proxy.Inject(faultproxy.Fault{Match: isCopyObject,
		Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			now := running.Add(1)
			defer running.Add(-1)
			for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
			}
			if now == atOnce {
				release()
			}
			select {
			case <-full:
			case <-r.Context().Done(): // S3's silence has been too long
			}
			forward.ServeHTTP(w, r)
		}})
	copier.CopyAll(t.Context(), uris, "")
	if got := most.Load(); got != atOnce {
		t.Errorf("%d copies run at once, want %d", got, atOnce)
	}
}

// TestIdleConnection: a request on an idle connection has its whole timeout.
func TestIdleConnection(t *testing.T) {
	const silence = 400 * time.Millisecond
	store, copier := newStore(t)
	copier.shortly(silence, time.Minute)
	put(t, store, "1", "2")
	if got := copier.CopyAll(t.Context(), []string{"s3://source/1"}, "")[0]; got.failure != nil {
		t.Fatal(got.failure.err)
	}
	<-time.After(silence * 3 / 4) // idle for a part of the time
	store.Proxy.Reset()
	store.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Delay(silence / 2)})
	got := copier.CopyAll(t.Context(), []string{"s3://source/2"}, "")[0]
	if sent := len(store.Proxy.Requests(nil)); got.failure != nil || sent != 1 {
		t.Errorf("after %d requests, got %+v", sent, got.failure)
	}
}
