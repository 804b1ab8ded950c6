// The vendored file is this package's release; see ui/vendor/README.md.
export * from "@preact/signals";
