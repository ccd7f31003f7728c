-- age_out: threads leave one wall because they are old or the wall is full. No decision: their state stays.
-- KEYS: each thread, one place.
-- Answer: OK how many left (fewer: some did not hang any more), or AGAIN (the first message of one is another now).
local first = 1 + #a.tids
local wall = KEYS[first + WALL]

local hanging = {}
for i, tid in ipairs(a.tids) do
  if redis.call('ZSCORE', wall, tid) then
    if (redis.call('HGET', KEYS[i], 'root') or '') ~= a.roots[i] then
      return {'AGAIN'}
    end
    hanging[#hanging + 1] = i
  end
end
for _, i in ipairs(hanging) do
  a.tid = a.tids[i] -- what the feed's entry names
  redis.call('ZREM', wall, a.tid)
  tell_screens(first, 'hide', a.roots[i], redis.call('HINCRBY', KEYS[i], 'version', 1))
end
return {'OK', #hanging}
