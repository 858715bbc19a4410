package contract

import (
	"slices"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
)

// TestBucket_AllowsOwnOrigin checks that pages of the API's own origin may upload to the
// bucket, with and without a custom domain and further origins.
func TestBucket_AllowsOwnOrigin(t *testing.T) {
	for _, c := range []struct{ api, origins, want string }{
		{"", "", "https://HttpApi.execute-api.us-east-1.amazonaws.com"},
		{"https://api.example", "", "https://api.example"},
		{"", "https://app.example", "https://HttpApi.execute-api.us-east-1.amazonaws.com"},
		{"", "https://app.example,https://b.example", "https://b.example"},
	} {
		stack, err := samtemplate.Load(templateFile, map[string]string{"ApiUrl": c.api, "AllowedOrigins": c.origins})
		if err != nil {
			t.Fatal(err)
		}
		stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
		buckets, err := stack.Resources("AWS::S3::Bucket")
		if err != nil || len(buckets) != 1 {
			t.Fatalf("got %d buckets, %v", len(buckets), err)
		}
		properties, err := stack.Properties(buckets[0])
		if err != nil {
			t.Fatal(err)
		}
		var origins []string
		for _, rule := range samtemplate.List(samtemplate.Map(properties["CorsConfiguration"])["CorsRules"]) {
			if !slices.Contains(samtemplate.Strings(samtemplate.Map(rule)["AllowedMethods"]), "POST") {
				t.Errorf("got the rule %v, want POST", rule)
			}
			origins = append(origins, samtemplate.Strings(samtemplate.Map(rule)["AllowedOrigins"])...)
		}
		if !slices.Contains(origins, c.want) {
			t.Errorf("ApiUrl %q, AllowedOrigins %q: got %v, want %s", c.api, c.origins, origins, c.want)
		}
	}
}

// TestCORS_ExposesHeaders checks that pages of other origins can read the headers that are
// sent for clients.
func TestCORS_ExposesHeaders(t *testing.T) {
	stack, err := samtemplate.Load(templateFile, map[string]string{"AllowedOrigins": "https://app.example"})
	if err != nil {
		t.Fatal(err)
	}
	stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
	apis, err := stack.Resources("AWS::Serverless::HttpApi")
	if err != nil || len(apis) != 1 {
		t.Fatalf("got %d HTTP APIs, %v", len(apis), err)
	}
	properties, err := stack.Properties(apis[0])
	if err != nil {
		t.Fatal(err)
	}
	exposed := samtemplate.Strings(samtemplate.Map(properties["CorsConfiguration"])["ExposeHeaders"])
	for _, header := range []string{"etag", "location", "retry-after", "ratelimit", "ratelimit-policy", "x-csrf-token", "x-request-id", "idempotency-replayed"} {
		if !slices.Contains(exposed, header) {
			t.Errorf("%s is not exposed", header)
		}
	}
}

// TestAllowedOrigins_Form checks that a value which no browser sends as an origin is refused, not
// ignored.
func TestAllowedOrigins_Form(t *testing.T) {
	for origins, want := range map[string]bool{
		"": true, "https://a.example": true, "http://localhost:5173,https://b.example:8443": true, "capacitor://localhost": true,
		"a.example": false, "*": false, "https://a.example/": false, "https://a.example/path": false, "https://a.example, https://b.example": false,
		"https://a.example,": false, "https://a.example b": false, "HTTPS://a.example": false,
	} {
		if _, err := samtemplate.Load(templateFile, map[string]string{"AllowedOrigins": origins}); (err == nil) != want {
			t.Errorf("%q: got %v, want accepted: %v", origins, err, want)
		}
	}
}
