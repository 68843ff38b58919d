package localtest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/prepare"
)

// Bootstrap compiles a Lambda function's package, such as functions/record, for
// this machine, and returns the executable's path.
func Bootstrap(t testing.TB, folder string) string {
	t.Helper()
	return prepare.Function(t, filepath.ToSlash(filepath.Clean(folder)))
}

// Lambda runs compiled functions behind Lambda's Invoke API.
type Lambda struct {
	// Client calls the API through Proxy.
	Client *lambda.Client
	Proxy  *faultproxy.Proxy
	Host   *lambdahost.Host
	// Log has the output of every function without a Log of its own.
	Log *Log
}

// Functions runs the functions. The defaults for unset fields are the name of the
// executable, a timeout of a minute, 128 MB, and Log. The environment has
// the servers' Region and credentials unless the function overrides them. Dead
// letters are dropped.
func Functions(t testing.TB, functions ...lambdahost.Function) *Lambda {
	t.Helper()
	host := lambdahost.New(time.Millisecond, func(context.Context, lambdahost.DeadLetter) error { return nil })
	api := httptest.NewServer(host.API())
	t.Cleanup(api.Close)
	proxy := newProxy(t, api.URL)
	t.Cleanup(func() { _ = host.Close() }) // runs before the servers' cleanups, which wait for its responses
	l := &Lambda{Client: lambda.NewFromConfig(Config(proxy.URL)), Proxy: proxy, Host: host, Log: &Log{}}
	for _, f := range functions {
		f.Name = cmp.Or(f.Name, filepath.Base(f.Bootstrap))
		f.ARN = cmp.Or(f.ARN, "arn:aws:lambda:"+Region+":000000000000:function:"+f.Name)
		f.Timeout, f.MemoryMB = cmp.Or(f.Timeout, time.Minute), cmp.Or(f.MemoryMB, 128)
		if f.Log == nil {
			f.Log = l.Log
		}
		environment := map[string]string{
			"AWS_REGION": Region, "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey,
			"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL_LAMBDA": proxy.URL,
		}
		maps.Copy(environment, f.Environment)
		f.Environment = environment
		host.Add(f)
	}
	return l
}

// Log collects output. It is safe for concurrent use.
type Log struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write appends to the log. It never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

// String returns the output since the last Reset.
func (l *Log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// Reset discards the output so far.
func (l *Log) Reset() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text.Reset()
}
