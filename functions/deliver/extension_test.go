package main

import (
	"encoding/base64"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
)

// How files begin, as their encoders write them.
var (
	webp = fromBase64("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	png  = fromBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	flac = "fLaC\x00\x00\x00\x22\x10\x00\x10\x00\x00\x00\x0e\x00\x00\x10\x0a\xc4\x42\xf0\x00\x00\x00\x00" +
		strings.Repeat("\x5a", 16)
	mkv = "\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08" +
		"\x42\x82\x88matroska\x42\x87\x81\x04\x42\x85\x81\x02\x18\x53\x80\x67"
	webm = strings.Replace(mkv, "\x42\x82\x88matroska", "\x42\x82\x84webm", 1)
	glb  = "glTF\x02\x00\x00\x00\x28\x00\x00\x00\x14\x00\x00\x00JSON" + `{"asset":{"v":"2"}} `
)

func fromBase64(text string) string {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return string(decoded)
}

// newFixing is newStore with FixExtensions.
func newFixing(t *testing.T) (*localtest.ObjectStore, *Copier) {
	t.Helper()
	store, _ := newStore(t)
	fixing := buckets
	fixing.FixExtensions = true
	return store, newCopier(fixing, awsclient.Configure(store.Config()))
}

func isBeginningRead(r faultproxy.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Range") == "bytes=0-511"
}

// TestExtensions delivers contents under the guidance's names.
func TestExtensions(t *testing.T) {
	store, copier := newFixing(t)
	long := strings.Repeat("k", maxKeyBytes-len("p/.None"))
	bare := strings.Repeat("k", maxKeyBytes-len("p/-1None")) // .webp is longer than None
	for name, test := range map[string]struct {
		key, content, want string
		reads              int
	}{
		"WebP":                {"a/t-0f3c-1None", webp, "a/t-0f3c-1.webp", 1},
		"WebPWithADot":        {"b/t-0f3c-1.None", webp, "b/t-0f3c-1.webp", 1},
		"LongestKeyNoDot":     {bare + "-1None", webp, bare + "-1None", 1},
		"EmptyNoDot":          {"a/t-0f3c-3None", "", "a/t-0f3c-3None", 1},
		"WebPLargerThanRead":  {"large.None", webp + strings.Repeat("\x00", 5000), "large.webp", 1},
		"FLAC":                {"flac.None", flac, "flac.flac", 1},
		"MKV":                 {"mkv.None", mkv, "mkv.mkv", 1},
		"WebM":                {"webm.None", webm, "webm.webm", 1},
		"GLB":                 {"glb.None", glb, "glb.glb", 1},
		"PNG":                 {"png.None", png, "png.png", 1},
		"LongestKey":          {long + ".None", webp, long + ".webp", 1},
		"OddKey":              {"100%.None/a#1?b.None", flac, "100%.None/a#1?b.flac", 1},
		"TwoExtensions":       {"a.None.None", webp, "a.None.webp", 1},
		"Empty":               {"empty.None", "", "empty.None", 1},
		"OneByte":             {"one.None", "R", "one.None", 1},
		"SignatureCutOff":     {"cut.None", webp[:11], "cut.None", 1},
		"Text":                {"text.None", "a cat, a dog", "text.None", 1},
		"HTML":                {"html.None", "<!DOCTYPE html><html></html>", "html.None", 1},
		"SVG":                 {"svg.None", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "svg.None", 1},
		"Unknown":             {"unknown.None", "\x00\x01\x02\x03\xfe\xff\x00\x00\x00", "unknown.None", 1},
		"TwoBytesOfJPEGXL":    {"jxl.None", "\xff\x0a\x00\x00\x00\x00", "jxl.None", 1},
		"Zip":                 {"zip.None", "PK\x03\x04\x14\x00\x00\x00\x00\x00", "zip.None", 1},
		"HasAnExtension":      {"b.png", webp, "b.png", 0},
		"RawOutput":           {"t-0f3c.out", webp, "t-0f3c.out", 0},
		"InAFolderLikeThat":   {"a.None/b.png", webp, "a.None/b.png", 0},
		"InLowerCase":         {"a.none", webp, "a.none", 0},
		"WithoutDot":          {"aNone", webp, "aNone", 0},
		"NothingBeforeIt":     {".None", webp, ".None", 0},
		"NothingInTheFolder":  {"a/.None", webp, "a/.None", 0},
		"SlashAfterIt":        {"a.None/", webp, "a.None/", 0},
		"SameNameOtherEnding": {"a/t-0f3c-2None", webp, "a/t-0f3c-2.webp", 1},
	} {
		t.Run(name, func(t *testing.T) {
			store.Proxy.Reset()
			store.Put(t, "source", test.key, test.content)
			for attempt, existed := range []bool{false, true} {
				got := copier.CopyAll(t.Context(), []string{"s3://source/" + test.key}, "p/")[0]
				if want := "s3://destination/p/" + test.want; got.failure != nil || got.uri != want || got.existed != existed {
					t.Fatalf("attempt %d: got %+v, want %s", attempt, got, want)
				}
			}
			if got := store.Get(t, "destination", "p/"+test.want); got != test.content {
				t.Errorf("the content is %q", got)
			}
			if reads := len(store.Proxy.Requests(isBeginningRead)); reads != 2*test.reads {
				t.Errorf("%d reads in two attempts, want %d", reads, 2*test.reads)
			}
		})
	}
}

func TestExtensionsAreOffByDefault(t *testing.T) {
	store, copier := newStore(t)
	store.Put(t, "source", "a.None", webp)
	got := copier.CopyAll(t.Context(), []string{"s3://source/a.None"}, "")[0]
	if got.uri != "s3://destination/a.None" || len(store.Proxy.Requests(nil)) != 1 {
		t.Errorf("got %+v after %d requests", got, len(store.Proxy.Requests(nil)))
	}
}

func TestExtensionsAreDocumented(t *testing.T) {
	document, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for kind, extension := range extensions {
		if !strings.Contains(string(document), "`"+extension+"`") {
			t.Errorf("%s has %q", kind, extension)
		}
	}
}

// TestExtensionAndProof: an existing object with the right extension counts as
// delivered only if it is the copy. deliver finds it even if the source is gone.
func TestExtensionAndProof(t *testing.T) {
	f := newFiles(t)
	f.FixExtensions = true
	remove := func(t *testing.T, key string) {
		_, err := f.past.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		between        func(t *testing.T, key string)
		parts          bool
		want           *kind
		unproven, name string
	}{
		"Same":        {between: func(*testing.T, string) {}},
		"SameParts":   {between: func(*testing.T, string) {}, parts: true},
		"Another":     {between: func(t *testing.T, key string) { f.put(t, "source", key, webp+"x") }, want: conflict},
		"SourceGone":  {between: remove, want: missing, unproven: ".webp"},
		"AnotherType": {between: func(t *testing.T, key string) { f.put(t, "source", key, flac) }, name: ".flac"},
	} {
		t.Run(name, func(t *testing.T) {
			f.proxy.Reset()
			key := strings.ReplaceAll(name, " ", "") + "-0f3c-1None"
			if test.parts {
				f.putParts(t, key, webp)
			} else {
				f.put(t, "source", key, webp)
			}
			there := "s3://destination/" + strings.TrimSuffix(key, "None")
			if got := f.deliver(t, key); got.failure != nil || got.existed || got.uri != there+".webp" {
				t.Fatalf("at first, got %+v", got)
			}
			test.between(t, key)
			got := f.deliver(t, key)
			if (got.failure == nil) != (test.want == nil) || got.failure != nil && got.failure.kind != test.want {
				t.Errorf("got %+v, failure %+v", got, got.failure)
			}
			if test.want == nil && (got.uri == there+".webp") != (test.name == "") {
				t.Errorf("got %+v", got)
			}
			if test.unproven != "" && got.unproven != there+test.unproven {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestExtensionKeepsMetadata: only the key changes.
func TestExtensionKeepsMetadata(t *testing.T) {
	f := newFiles(t)
	f.FixExtensions = true
	for key, want := range map[string]string{"a.None": "a.webp", "b.None": "b.webp"} {
		_, err := f.past.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("source"), Key: &key,
			Body: strings.NewReader(webp), ContentType: aws.String("binary/octet-stream"),
			Metadata: map[string]string{"name": key}})
		if err != nil {
			t.Fatal(err)
		}
		f.deliver(t, key)
		got, body := f.get(t, want)
		if body != webp || aws.ToString(got.ContentType) != "binary/octet-stream" || got.Metadata["name"] != key {
			t.Errorf("%s has %q, %+v", want, body, got)
		}
	}
	f.put(t, "source", "empty.None", "")
	if got := f.deliver(t, "empty.None"); got.uri != "s3://destination/empty.None" {
		t.Errorf("got %+v", got)
	}
}
