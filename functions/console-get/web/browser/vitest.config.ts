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
    fileParallelism: false,
  },
})
