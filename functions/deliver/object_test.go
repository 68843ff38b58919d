package main

import (
	"net/url"
	"strings"
	"testing"
)

func TestAdmit(t *testing.T) {
	longest := strings.Repeat("k", maxKeyBytes)
	for name, test := range map[string]struct {
		uri, bucket, key string // no bucket: an error
	}{
		"OK":                {"s3://b/k", "b", "k"},
		"OKNotDecoded":      {"s3://b/100% a#1?b=%41+%2F", "b", "100% a#1?b=%41+%2F"},
		"OKSlashes":         {"s3://b//a//./../z/", "b", "/a//./../z/"},
		"OKSchemeInKey":     {"s3://b/s3://c/d", "b", "s3://c/d"},
		"OKLongest":         {"s3://b/" + longest, "b", longest},
		"ErrOtherScheme":    {uri: "https://b/k"},
		"ErrSchemeCapitals": {uri: "S3://b/k"},
		"ErrNoBucket":       {uri: "s3:///k"},
		"ErrOtherBucket":    {uri: "s3://c/k"},
		"ErrNoKey":          {uri: "s3://b/"},
		"ErrOnlyBucket":     {uri: "s3://b"},
		"ErrEmpty":          {uri: ""},
		"ErrTooLong":        {uri: "s3://b/" + longest + "k"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&Copier{Source: "b"}).admit(test.uri, "")
			if (err == nil) != (test.bucket != "") || got.bucket != test.bucket || got.key != test.key {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// FuzzObject parses URIs and encodes them for CopySource: decoding that must
// give the very bytes back.
func FuzzObject(f *testing.F) {
	for _, uri := range []string{
		"s3://b/k", "s3://b/100%", "s3://b/a b+c#d?e&f=\"g\"", "s3://b//a//../b",
		"s3://b/ü\u0000\xff", "s3:///", "https://b/k",
	} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		o, err := (&Copier{Source: "b"}).admit(uri, "")
		if err != nil {
			return
		}
		if o.String() != uri {
			t.Fatalf("%q became %q", uri, o.String())
		}
		// The bucket is the configured one by then, and needs no encoding.
		encoded := strings.TrimPrefix(o.copySource(), o.bucket+"/")
		decoded, err := url.PathUnescape(encoded)
		if err != nil || decoded != o.key {
			t.Errorf("CopySource %q decodes to %q, %v", o.copySource(), decoded, err)
		}
		for i := range len(encoded) {
			if c := encoded[i]; c <= ' ' || c > '~' || strings.IndexByte("\"#+?\\", c) >= 0 {
				t.Fatalf("CopySource %q has a bare %q", o.copySource(), c)
			}
		}
	})
}
