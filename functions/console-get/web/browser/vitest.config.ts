import { defineConfig } from "vitest/config"

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["*.test.ts"],
    // Pictures are compared by `make quality`.
    exclude: [...(process.env.SHOTS ? [] : ["shots.test.ts"]), ...(process.env.QUALITY_FULL || process.env.UPDATE_GOLDEN ? [] : ["golden.test.ts"])],
    globalSetup: ["stack.ts"],
    environment: "node",
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // What the full quality suite runs here measures no time, so the files may share the cores.
    fileParallelism: Boolean(process.env.QUALITY_FULL),
    maxWorkers: 2,
  },
})
