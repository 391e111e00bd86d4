#!/usr/bin/env bash
# Makes the seeds that come from an installed ffmpeg: make_seeds.sh [FOLDER]
set -euo pipefail
seeds=${1:-$(dirname "$0")/seeds}
mkdir -p "$seeds"/{mp4,mkv,avi,h264,hevc,vp9,av1,mjpeg,stills,camera}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ff() { ffmpeg -nostdin -hide_banner -loglevel error -y "$@"; }
source() { # NAME SIZE FRAMES
  ff -f lavfi -i "testsrc2=size=$2:rate=30" -frames:v "$3" -pix_fmt yuv420p -c:v ffv1 "$1"
}
source "$work/a.mkv" 64x48 9
source "$work/odd.mkv" 53x37 5
a=(-i "$work/a.mkv" -bitexact)
odd=(-i "$work/odd.mkv" -bitexact)
x264=(-c:v libx264 -threads 1 -crf 38)
x265=(-c:v libx265 -crf 40 -tag:v hvc1)
vp9=(-c:v libvpx-vp9 -crf 50 -b:v 0)
av1=(-c:v libaom-av1 -cpu-used 8 -crf 55)

for folder in mp4 h264; do
  ff "${a[@]}" "${x264[@]}" -bf 3 "$seeds/$folder/high.mp4"
done
ff "${a[@]}" "${x264[@]}" -profile:v baseline -x264-params slices=3 "$seeds/h264/baseline.mp4"
ff "${a[@]}" "${x264[@]}" -preset slower -bf 4 -refs 4 -x264-params weightp=2:b-pyramid=normal:keyint=4:open-gop=1 "$seeds/h264/open_gop.mp4"
ff "${a[@]}" "${x264[@]}" -x264-params cabac=0:cqm=jvt "$seeds/h264/lists.mp4"
ff "${odd[@]}" "${x264[@]}" -preset ultrafast "$seeds/h264/odd.mp4"
ff "${a[@]}" "${x264[@]}" -bf 2 -g 3 -movflags frag_keyframe+empty_moov "$seeds/mp4/fragments.mp4"
ff -i "$seeds/mp4/high.mp4" -bitexact -metadata:s:v rotate=90 -c copy "$seeds/mp4/turned.mov"
ff -ss 0.1 -i "$seeds/mp4/high.mp4" -bitexact -c copy "$seeds/mp4/edits.mp4"
ff "${a[@]}" "${x264[@]}" -vf setsar=16/11 -bf 1 "$seeds/mkv/high.mkv"
ff "${a[@]}" "${x264[@]}" -g 3 -cluster_time_limit 100 "$seeds/mkv/clusters.mkv"
ff "${a[@]}" "${vp9[@]}" -live 1 "$seeds/mkv/live.webm"
ff "${odd[@]}" "${av1[@]}" "$seeds/mkv/av1.mkv"
ff "${a[@]}" "${x265[@]}" -x265-params log-level=error:pools=1:keyint=4 "$seeds/hevc/main.mp4"
ff "${odd[@]}" "${x265[@]}" -x265-params log-level=error:pools=1 -preset slower -pix_fmt yuv420p10le "$seeds/hevc/main10.mp4"
ff "${a[@]}" "${vp9[@]}" "$seeds/vp9/hidden.mp4"
ff "${odd[@]}" "${vp9[@]}" -deadline realtime -cpu-used 8 "$seeds/vp9/odd.mp4"
ff "${a[@]}" "${av1[@]}" "$seeds/av1/main.mp4"
ff "${odd[@]}" "${av1[@]}" -pix_fmt yuv420p10le "$seeds/av1/deep.mp4"
ff "${odd[@]}" -c:v mjpeg -q:v 12 -pix_fmt yuvj420p -frames:v 3 "$seeds/mjpeg/odd.mov"
ff "${odd[@]}" -c:v mjpeg -q:v 12 -pix_fmt yuvj420p -frames:v 3 "$seeds/avi/odd.avi"
ff "${odd[@]}" -frames:v 3 -vf format=rgb24 "$seeds/stills/moving.gif"
ff "${odd[@]}" -frames:v 3 -c:v libwebp_anim "$seeds/stills/moving.webp"
ff "${odd[@]}" -frames:v 1 -c:v libwebp -lossless 1 "$seeds/stills/lossless.webp"
ff "${odd[@]}" -frames:v 1 "$seeds/stills/a.png"
ff "${odd[@]}" -frames:v 1 -pix_fmt pal8 "$seeds/stills/palette.png"
ff "${odd[@]}" -frames:v 1 -q:v 8 "$seeds/stills/a.jpg"
ff "${odd[@]}" -frames:v 1 "$seeds/stills/a.bmp"
ff "${odd[@]}" -frames:v 1 -q:v 8 -pix_fmt yuvj422p "$seeds/camera/a.jpg"
