package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	found := []finding{
		{"CKV_AWS_1", "one", "AWS::SQS::Queue.GoodFailures"},
		{"CKV_AWS_1", "one", "AWS::SQS::Queue.Other"},
		{"CKV_AWS_2", "two", "AWS::S3::Bucket.Bucket"},
	}
	waivers := []waiver{
		{Check: "CKV_AWS_1", Resources: []string{"*Failures"}, Reason: "so"},
		{Check: "CKV_AWS_3", Resources: []string{"Bucket"}, Reason: "so"},
	}
	want := []string{
		"AWS::SQS::Queue.Other CKV_AWS_1: one",
		"AWS::S3::Bucket.Bucket CKV_AWS_2: two",
		"the waiver of CKV_AWS_3 for Bucket waives nothing",
	}
	if got := compare(found, waivers); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLoadWaivers_Invalid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "waivers.yaml")
	for name, text := range map[string]string{
		"no reason":     `[{check: CKV_AWS_1, resources: ["*"]}]`,
		"blank reason":  `[{check: CKV_AWS_1, resources: ["*"], reason: " "}]`,
		"no resource":   `[{check: CKV_AWS_1, reason: so}]`,
		"unknown field": `[{check: CKV_AWS_1, resources: ["*"], reason: so, because: so}]`,
		"bad pattern":   `[{check: CKV_AWS_1, resources: ["[a"], reason: so}]`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadWaivers(file); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
	if _, err := loadWaivers(filepath.Join("..", "..", waiversFile)); err != nil {
		t.Errorf("got %v, want the waivers in force", err)
	}
}
