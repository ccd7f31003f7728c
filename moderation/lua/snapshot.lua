-- snapshot: the head of the wall's feed and all that hangs, read together.
-- KEYS: the place's head, its wall, then every thread, message and reply that the caller found.
-- Answer: OK epoch offset nonce and each hash, or AGAIN when the feed moved since the caller looked:
-- whatever changes a wall also writes its feed.
local epoch, offset, nonce = unpack(redis.call('HMGET', KEYS[1], 'wall_epoch', 'wall_offset', 'wall_nonce'))
if (offset or '0') ~= a.offset or (epoch or '') ~= a.epoch then
  return {'AGAIN'}
end
local answer = {'OK', epoch or '', offset or '0', nonce or ''}
for i = 3, #KEYS do
  answer[#answer + 1] = redis.call('HGETALL', KEYS[i])
end
return answer
