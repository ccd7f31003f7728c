-- set_up: the first owner and the first place, both or neither, through the link printed at the first start.
-- KEYS: the link's door, people, places.
-- Answer: OK, also to the same call again; or MISSING (the link is over), CONFLICT (there is an owner), TAKEN (the
-- name is somebody else's).
local known = redis.call('HGET', KEYS[2], a.name)
if known == a.person then
  return {'OK'}
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {'MISSING'}
end
for _, raw in ipairs(redis.call('HVALS', KEYS[2])) do
  local person = cjson.decode(raw)
  if person.role == 'owner' and person.password ~= cjson.null then
    return {'CONFLICT'}
  end
end
if known then
  return {'TAKEN'}
end
redis.call('HSET', KEYS[2], a.name, a.person)
redis.call('HSETNX', KEYS[3], a.slug, a.place)
redis.call('DEL', KEYS[1])
return {'OK'}
