-- Counts one call, by the generic cell rate algorithm. KEYS[1]: what is counted. ARGV: now, burst, refill; the times in
-- microseconds. Returns 0 if the call may go on, else the microseconds to wait. With a fourth, so many calls have passed
-- already: they are counted in any case, and the answer is for the next one.
--
-- The key holds the instant at which the burst is whole again; it dies then, because a missing key means the same.
local now, burst, refill = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or now)

-- How long the key has yet to live is counted by a clock that no step of ours moves. If the instant is further off than that by
-- more than the clocks of replicas differ, ours was set back: nobody waits for the step.
local left = math.max(0, redis.call('PTTL', KEYS[1])) * 1000
local stepped = full > now + left + 5000000
if stepped then
  full = now + left
end

local function keep()
  local lives = math.max(1, math.ceil((full - now) / 1000))
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', lives)
end

local passed = tonumber(ARGV[4] or 0)
if passed > 0 then
  full = math.max(full, now) + passed * refill
  keep()
  return math.max(0, full - (burst - 1) * refill - now)
end

local wait = full - (burst - 1) * refill - now
if wait > 0 then
  if stepped then
    keep()
  end
  return wait
end
full = math.max(full, now) + refill
keep()
return 0
