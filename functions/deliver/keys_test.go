package main

import (
	"fmt"
	"strings"
	"testing"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/environment"
)

// oddKeys are keys that the guidance's unvalidated prefixes can produce.
var oddKeys = []string{
	"output/task/task-0f3c-1.png",
	"a#1.png", "a?1.png", "a?b=c&d=e.png", "100%.png", "%41.png", "%2F.png", "%%.png", "%zz.png",
	"a+b.png", "a b.png", " a ", "a%20b.png", `"quoted".png`, "it's.png", "<a>&amp;.png", "a;b,c:d@e=f.png",
	"ünïcödé/画像.png", "\U0001F5BC.png", "e\u0301.png", "tab\there.png", "line\nbreak.png", "\x01\x1f\x7f.png",
	"/leading", "a//b", "//", "a/", "./a", "../a", "a/./b", "a/../b", "a/..",
	`back\slash.png`, "{task_id}", "~tilde", "a*b|c^d`e",
	strings.Repeat("k", 1024), strings.Repeat("é/", 341),
}

// newStore starts an S3 server and a copier between two of its buckets.
func newStore(t testing.TB) (*localtest.ObjectStore, *Copier) {
	t.Helper()
	store := localtest.Buckets(t, "source", "destination")
	return store, newCopier(buckets, awsclient.Configure(store.Config()))
}

// buckets are what every test copies between.
var buckets = environment.Deliver{OutputBucket: "source", DeliveryBucket: "destination"}

func TestKeysArriveByteExact(t *testing.T) {
	store, copier := newStore(t)
	for _, prefix := range []string{"", "p%/#? é/"} {
		for n, key := range oddKeys {
			t.Run(fmt.Sprintf("OKKey%dPrefix%d", n, len(prefix)), func(t *testing.T) {
				if len(prefix)+len(key) > maxKeyBytes {
					key = key[len(prefix):]
				}
				body := fmt.Sprint("image ", n)
				store.Put(t, "source", key, body)
				result := copier.CopyAll(t.Context(), []string{"s3://source/" + key}, prefix)[0]
				if result.failure != nil {
					t.Fatalf("%q below %q: %v", clip(key), prefix, result.failure.err)
				}
				if want := "s3://destination/" + prefix + key; result.uri != want {
					t.Errorf("delivered as %q, want %q", result.uri, want)
				}
				if got := store.Get(t, "destination", prefix+key); got != body {
					t.Errorf("got %q, want %q", got, body)
				}
			})
		}
	}
}

// TestRefused: deliver sends no request for an object that it must not read.
func TestRefused(t *testing.T) {
	store, copier := newStore(t)
	uris := []string{"s3://other/k", "https://source/k", "s3://source/", "s3://source", "s3://", "", "S3://source/k",
		"s3://source.evil/k", "arn:aws:s3:::source/k", "s3://source/" + strings.Repeat("k", 1025),
		"s3://source/" + strings.Repeat("k", 1020)}
	for i, result := range copier.CopyAll(t.Context(), uris, "prefix/") {
		if result.failure == nil || result.failure.kind != refused || result.uri != "" {
			t.Errorf("%q is not refused: %+v", clip(uris[i]), result)
		}
	}
	if requests := store.Proxy.Requests(nil); len(requests) != 0 {
		t.Errorf("%d requests were sent", len(requests))
	}
}

func TestPartSize(t *testing.T) {
	for size, want := range map[int64]int64{5<<30 + 1: 256 << 20, 2500 << 30: 268435456, 5 << 40: 549755814} {
		got := partSize(size, minPartBytes)
		if parts := (size + got - 1) / got; got != want || parts > maxParts {
			t.Errorf("%d bytes make %d parts of %d, want parts of %d", size, parts, got, want)
		}
	}
}
